//! Countersign on a laptop: all functions behind one HTTP port, with an embedded DynamoDB, a development key instead of
//! KMS, and an audit log in a folder.
//!
//! ```text
//! HTTP ─▶ server ─▶ gateway::Service ─▶ the function's own library ─▶ store-dynamodb ─▶ EmbeddedDynamo
//!                     │ match ROUTES                               └▶ Journal ─▶ audit-writer's own library ─▶ the log
//!                     │ authorizer, cached for a minute
//!                     └ API Gateway v2 event, through JSON
//! ```
//!
//! Functions are not told that they are not in Lambda: what reaches them is parsed from the same events. Tests drive
//! [`Service`] with whatever store, clock and entropy they like; [`ROUTES`] is the table that contracts are held to.

mod audit_path;
mod body;
mod chore;
mod client;
mod commands;
mod data_dir;
mod engine;
mod gateway;
mod host;
mod import;
mod key_rotation;
mod provision;
mod queue;
mod routes;
mod server;

pub use audit_path::{AuditPathError, HostAudit, LogKeyError, LogWriter};
pub use client::ClientError;
pub use commands::{Cli, run};
pub use data_dir::{DataDir, DataDirError};
pub use engine::{
    EmbeddedDynamo, EngineError, TableDefinition, TablesError, TemplateError, create_tables, engine_config,
    table_definitions, table_names,
};
pub use gateway::{Ports, Service, Store};
pub use host::{Engine, Host, HostStore, Settings, StartError};
pub use import::{
    FileContent, FileLine, Import, ImportError, ImportLine, ImportPorts, ImportProgress, ImportStore, LineOutcome,
    LineRefused, Lines, Report, ReportError,
};
pub use provision::{ProvisionStore, create_tenant, development_tenant};
pub use queue::Journal;
pub use routes::{Access, Function, ROUTES, Route};
pub use server::run as serve_connections;
