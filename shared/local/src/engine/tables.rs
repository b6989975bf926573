//! The tables in an engine.

use serde_json::{Value, json};
use store_dynamodb::{AllTables, AuditTable, CoreTable, EphemeralTable};

use super::call::{Outcome, call};
use super::template::{TableDefinition, TemplateError, table_definitions};
use crate::client::ClientError;

/// The tables by the names that they have here.
#[must_use]
pub fn table_names() -> AllTables {
    AllTables {
        core: CoreTable::new(name("CoreTable")),
        ephemeral: EphemeralTable::new(name("EphemeralTable")),
        audit: AuditTable::new(name("AuditTable")),
    }
}

/// Creates the template's tables in the engine at this endpoint; one that exists stays as it is.
///
/// # Errors
/// [`TablesError`] if the engine does not answer or refuses.
pub async fn create_tables(endpoint: &str) -> Result<(), TablesError> {
    for definition in table_definitions()? {
        create_table(endpoint, definition).await?;
    }
    Ok(())
}

async fn create_table(endpoint: &str, definition: TableDefinition) -> Result<(), TablesError> {
    let table = name(&definition.logical_id);
    let failed = |source| TablesError::Unanswered { endpoint: endpoint.to_owned(), source };
    let refused = |reason| TablesError::Refused { table: table.clone(), reason };
    let mut create = definition.create;
    create.insert("TableName".to_owned(), Value::String(table.clone()));
    match call(endpoint, "CreateTable", &Value::Object(create)).await.map_err(failed)? {
        Outcome::Done => {}
        Outcome::Refused(reason) if reason == "ResourceInUseException" => return Ok(()),
        Outcome::Refused(reason) => return Err(refused(reason)),
    }
    let Some(time_to_live) = definition.time_to_live else { return Ok(()) };
    let update = json!({"TableName": table, "TimeToLiveSpecification": time_to_live});
    match call(endpoint, "UpdateTimeToLive", &update).await.map_err(failed)? {
        Outcome::Done => Ok(()),
        Outcome::Refused(reason) => Err(refused(reason)),
    }
}

/// `countersign-core` for `CoreTable`.
fn name(logical_id: &str) -> String {
    format!("countersign-{}", logical_id.trim_end_matches("Table").to_lowercase())
}

/// Why the tables are not there.
#[derive(Debug, thiserror::Error)]
pub enum TablesError {
    /// The template can't be read.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The engine can't be reached.
    #[error("no DynamoDB answers at {endpoint}")]
    Unanswered {
        /// Where it should be.
        endpoint: String,
        /// What was seen.
        source: ClientError,
    },
    /// The engine refused a definition.
    #[error("table {table} can't be created: {reason}")]
    Refused {
        /// The table.
        table: String,
        /// The engine's error type.
        reason: String,
    },
}
