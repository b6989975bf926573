//! `template.yaml`, as far as contracts are about it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::{Value, json};

use crate::repository::yaml;

/// One `AWS::Serverless::Function`.
#[derive(Debug)]
pub(crate) struct Function {
    /// The logical id.
    pub(crate) logical_id: String,
    /// `Metadata.BuildProperties.Binary`.
    pub(crate) binary: String,
    /// `FunctionName`, without the stack's name before it.
    pub(crate) name: String,
    /// Its own variables and those of all functions, with what they are set to.
    pub(crate) environment: BTreeMap<String, String>,
    /// Its own `Timeout`, or that of all functions.
    pub(crate) timeout: Duration,
    /// Every statement of its policies.
    pub(crate) statements: Vec<Statement>,
    /// Policies that are not written out, by their logical ids.
    pub(crate) managed_policies: Vec<String>,
    /// `VpcConfig`.
    pub(crate) network: Value,
    /// Its `HttpApi` events.
    pub(crate) routes: BTreeSet<Route>,
}

/// One IAM statement.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Statement {
    pub(crate) sid: String,
    pub(crate) effect: String,
    pub(crate) actions: BTreeSet<String>,
    pub(crate) resources: BTreeSet<String>,
    /// The partition keys that it is limited to; none if it isn't.
    pub(crate) partitions: BTreeSet<String>,
    /// The purposes of the wrapped keys that it is limited to; none if it isn't.
    pub(crate) purposes: BTreeSet<String>,
}

/// One route.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Route {
    pub(crate) method: String,
    pub(crate) path: String,
    /// Whether the authorizer is asked first.
    pub(crate) authorized: bool,
}

/// Every function of the template.
pub(crate) fn functions() -> Vec<Function> {
    let template = yaml("template.yaml");
    let globals = &template["Globals"]["Function"];
    let resources = template["Resources"].as_object().unwrap();
    let functions = resources.iter().filter(|(_, resource)| resource["Type"] == "AWS::Serverless::Function");
    functions.map(|(logical_id, resource)| function(logical_id, resource, globals)).collect()
}

fn function(logical_id: &str, resource: &Value, globals: &Value) -> Function {
    let properties = &resource["Properties"];
    let timeout = properties.get("Timeout").unwrap_or(&globals["Timeout"]).as_u64().unwrap();
    let policies: Vec<&Value> = properties["Policies"].as_array().unwrap().iter().collect();
    let statements = policies.iter().filter_map(|policy| policy["Statement"].as_array()).flatten();
    let variables = [globals, properties].into_iter().filter_map(|of| of["Environment"]["Variables"].as_object());
    Function {
        logical_id: logical_id.to_owned(),
        binary: text(&resource["Metadata"]["BuildProperties"]["Binary"]),
        name: text(&properties["FunctionName"]).replace("${AWS::StackName}-", ""),
        environment: variables.flatten().map(|(name, value)| (name.clone(), written(value))).collect(),
        timeout: Duration::from_secs(timeout),
        statements: statements.map(statement).collect(),
        managed_policies: policies
            .iter()
            .filter(|policy| policy["Statement"].is_null())
            .map(|policy| text(policy))
            .collect(),
        network: properties["VpcConfig"].clone(),
        routes: routes(properties),
    }
}

fn statement(statement: &Value) -> Statement {
    Statement {
        sid: text(&statement["Sid"]),
        effect: text(&statement["Effect"]),
        actions: texts(&statement["Action"]),
        resources: texts(&statement["Resource"]),
        partitions: limited(&statement["Condition"], &PARTITIONS),
        purposes: limited(&statement["Condition"], &PURPOSES),
    }
}

/// What a statement is limited to by a condition of this kind; a statement has one condition at most.
fn limited(condition: &Value, (operator, subject): &(&str, &str)) -> BTreeSet<String> {
    if condition.is_null() {
        return BTreeSet::new();
    }
    let known = [PARTITIONS, PURPOSES];
    let is_known = |(operator, subject): (&str, &str)| {
        *condition == json!({ operator: { subject: &condition[operator][subject] } })
    };
    assert!(known.into_iter().any(is_known), "{condition}");
    let values = &condition[operator][subject];
    if values.is_null() { BTreeSet::new() } else { texts(values) }
}

/// The condition on partition keys.
const PARTITIONS: (&str, &str) = ("ForAllValues:StringLike", "dynamodb:LeadingKeys");

/// The condition on what a wrapped key is for: the encryption context's first member.
const PURPOSES: (&str, &str) = ("StringEquals", "kms:EncryptionContext:countersign:purpose");

fn routes(properties: &Value) -> BTreeSet<Route> {
    let events = properties["Events"].as_object().into_iter().flatten().map(|(_, event)| event);
    let routes = events.filter(|event| event["Type"] == "HttpApi").map(|event| &event["Properties"]);
    routes
        .map(|route| Route {
            method: text(&route["Method"]),
            path: text(&route["Path"]),
            authorized: route["Auth"]["Authorizer"] != "NONE",
        })
        .collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("not a text: {value}")).to_owned()
}

/// A text as it is, and anything else as JSON.
fn written(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// One text, or a list of them.
fn texts(value: &Value) -> BTreeSet<String> {
    match value.as_array() {
        Some(several) => several.iter().map(text).collect(),
        None => BTreeSet::from([text(value)]),
    }
}
