//! The tables as `template.yaml` defines them.
//!
//! A table's properties have the names that DynamoDB's own API uses, so they are handed on as they are. CloudFormation's
//! tags (`!Ref` and others) are ignored: a definition that has one in it is not understood by the engine, and says so.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

/// One `AWS::DynamoDB::Table`.
#[derive(Debug, Clone, PartialEq)]
pub struct TableDefinition {
    /// Its logical id, for example `CoreTable`.
    pub logical_id: String,
    /// The members of `CreateTable` that it defines.
    pub create: Map<String, Value>,
    /// The `TimeToLiveSpecification` of `UpdateTimeToLive`, if it has one.
    pub time_to_live: Option<Value>,
}

/// Every table of the template, which is part of this program.
///
/// # Errors
/// [`TemplateError`] if it can't be read.
pub fn table_definitions() -> Result<Vec<TableDefinition>, TemplateError> {
    parse(TEMPLATE)
}

fn parse(yaml: &str) -> Result<Vec<TableDefinition>, TemplateError> {
    let template: Template = serde_saphyr::from_str(yaml).map_err(|error| TemplateError(error.to_string()))?;
    let tables = template.resources.into_iter().filter(|(_, resource)| resource.kind == "AWS::DynamoDB::Table");
    Ok(tables.map(|(logical_id, resource)| definition(logical_id, resource.properties)).collect())
}

fn definition(logical_id: String, mut properties: Map<String, Value>) -> TableDefinition {
    let time_to_live = properties.remove("TimeToLiveSpecification");
    properties.retain(|name, _| MEMBERS.contains(&name.as_str()));
    TableDefinition { logical_id, create: properties, time_to_live }
}

/// The template can't be read.
#[derive(Debug, thiserror::Error)]
#[error("template.yaml can't be read: {0}")]
pub struct TemplateError(String);

#[derive(Deserialize)]
struct Template {
    #[serde(rename = "Resources")]
    resources: BTreeMap<String, Resource>,
}

#[derive(Deserialize)]
struct Resource {
    #[serde(rename = "Type")]
    kind: String,
    #[serde(rename = "Properties", default)]
    properties: Map<String, Value>,
}

const TEMPLATE: &str = include_str!("../../../../template.yaml");

/// What tables have here; backups and protection from deletion are the cloud's.
const MEMBERS: [&str; 5] =
    ["AttributeDefinitions", "KeySchema", "BillingMode", "GlobalSecondaryIndexes", "LocalSecondaryIndexes"];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::audit_path;
    use crate::queue::MAX_RECEIVE_COUNT;

    #[test]
    fn the_template_defines_three_tables() {
        let tables = table_definitions().unwrap();

        let names: Vec<_> = tables.iter().map(|table| table.logical_id.as_str()).collect();
        assert_eq!(names, ["AuditTable", "CoreTable", "EphemeralTable"]);
        assert_eq!(
            tables[1].create["KeySchema"],
            json!([{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}])
        );
        assert_eq!(tables[1].create["BillingMode"], "PAY_PER_REQUEST");
        assert_eq!(tables[2].time_to_live, Some(json!({"AttributeName": "ttl", "Enabled": true})));
    }

    #[test]
    fn cloudformations_tags_are_no_obstacle() {
        let yaml = "
Resources:
  Queue:
    Type: AWS::SQS::Queue
    Properties: { Name: !Sub '${AWS::StackName}', Arns: [!GetAtt X.Arn], If: !If [A, 1, !Ref AWS::NoValue] }
  Plain: { Type: AWS::DynamoDB::Table, DeletionPolicy: Retain, Properties: { BillingMode: PAY_PER_REQUEST } }
";

        let tables = parse(yaml).unwrap();

        assert_eq!(tables.len(), 1);
        assert_eq!(tables[0].create, *json!({"BillingMode": "PAY_PER_REQUEST"}).as_object().unwrap());
    }

    #[test]
    fn the_gateway_and_the_audit_path_here_have_the_templates_numbers() {
        let template: Value = serde_saphyr::from_str(TEMPLATE).unwrap();

        let number = |pointer: &str| template.pointer(pointer).and_then(Value::as_u64).unwrap();
        for (pointer, here) in [
            ("/Parameters/AuditShards/Default", u64::from(audit_path::SHARDS)),
            ("/Resources/AuditQueue/Properties/RedrivePolicy/maxReceiveCount", u64::from(MAX_RECEIVE_COUNT)),
            ("/Resources/ReconcileQueue/Properties/RedrivePolicy/maxReceiveCount", u64::from(MAX_RECEIVE_COUNT)),
            ("/Resources/ReconcileQueue/Properties/DelaySeconds", audit_path::RECONCILE_DELAY.as_secs()),
            ("/Resources/AuditWriter/Properties/Timeout", audit_path::FUNCTION_TIMEOUT.as_secs()),
            ("/Resources/AuditWriter/Properties/Events/Events/Properties/BatchSize", audit_path::LOGGED_AT_ONCE as u64),
            (
                "/Resources/Reconcile/Properties/Events/Verifications/Properties/BatchSize",
                audit_path::RECONCILED_AT_ONCE as u64,
            ),
            (
                "/Resources/Api/Properties/Auth/Authorizers/Bearer/Identity/ReauthorizeEvery",
                crate::gateway::REAUTHORIZE_EVERY.as_secs(),
            ),
        ] {
            assert_eq!(number(pointer), here, "{pointer}");
        }
    }

    #[test]
    fn what_is_no_template_is_refused() {
        assert!(parse("Resources: [").is_err());
        assert!(parse("{}").is_err());
    }
}
