//! audit-writer: takes audit events from the queue, in batches, and stores them for good.

mod write_audit;

pub use write_audit::WriteAudit;
