//! Without a cache, a stack has no network; with one, every resource of it hangs on the parameter.

use serde_json::{Value, json};

use crate::repository::yaml;
use crate::template::functions;

/// Resources that only a stack with a cache has.
const OF_THE_CACHE: [&str; 2] = ["AWS::EC2::", "AWS::ElastiCache::"];

#[test]
fn a_stack_has_a_network_only_with_a_cache() {
    let template = yaml("template.yaml");
    assert_eq!(template["Parameters"]["Backend"]["Default"], "dynamodb");
    assert_eq!(template["Conditions"]["WithCache"], json!(["Backend", "valkey"]));
    for (logical_id, resource) in template["Resources"].as_object().unwrap() {
        let kind = resource["Type"].as_str().unwrap();
        let conditional = resource["Condition"].as_str().is_some_and(|condition| CONDITIONS.contains(&condition));
        assert_eq!(conditional, OF_THE_CACHE.iter().any(|prefix| kind.starts_with(prefix)), "{logical_id}");
    }
}

#[test]
fn the_endpoints_are_those_of_the_services_that_functions_in_the_network_call() {
    let template = yaml("template.yaml");
    let resources = template["Resources"].as_object().unwrap().values();
    let endpoints = resources.filter(|resource| resource["Type"] == "AWS::EC2::VPCEndpoint");
    let mut services: Vec<&str> = endpoints
        .map(|endpoint| endpoint["Properties"]["ServiceName"].as_str().unwrap().rsplit('.').next().unwrap())
        .collect();
    services.sort_unstable();

    let inside = functions().into_iter().filter(|function| !function.network.is_null());
    let mut called: Vec<String> = inside
        .flat_map(|function| function.statements)
        .flat_map(|statement| statement.actions)
        .map(|action| action.split(':').next().unwrap().to_owned())
        .chain(["elasticache".to_owned()])
        .collect();
    called.sort();
    called.dedup();
    assert_eq!(services, called);
}

#[test]
fn functions_may_find_their_cache_and_connect_to_it_and_manage_no_network() {
    let policy = &yaml("template.yaml")["Resources"]["CacheAccess"]["Properties"]["PolicyDocument"];
    let statements = policy["Statement"].as_array().unwrap();

    let [denied, allowed @ ..] = statements.as_slice() else { panic!("no statements") };
    assert_eq!(denied["Effect"], "Deny");
    assert!(denied["Action"].as_array().unwrap().iter().all(|action| action.as_str().unwrap().starts_with("ec2:")));
    let rights: Vec<(&Value, &Value)> = allowed
        .iter()
        .map(|only_with_cache| {
            assert_eq!(only_with_cache[0], "WithCache");
            assert_eq!(only_with_cache[2], "AWS::NoValue");
            (&only_with_cache[1]["Action"], &only_with_cache[1]["Resource"])
        })
        .collect();
    assert_eq!(
        rights,
        [
            (&json!("elasticache:DescribeServerlessCaches"), &json!("Cache.ARN")),
            (&json!("elasticache:Connect"), &json!(["Cache.ARN", "CacheUser.Arn"])),
        ]
    );
}

#[test]
fn the_caches_user_is_called_what_its_functions_sign_in_as() {
    let resources = &yaml("template.yaml")["Resources"];
    let user = &resources["CacheUser"]["Properties"];
    assert_eq!(user["UserId"], user["UserName"]);
    assert_eq!(user["AuthenticationMode"], json!({"Type": "iam"}));
}

/// The conditions that never hold without a cache.
const CONDITIONS: [&str; 2] = ["WithCache", "WithEndpoints"];
