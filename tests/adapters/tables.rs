//! The names of the tables that the tests look into. The tables themselves are those of `template.yaml`.

pub(crate) const CORE: &str = "countersign-core";
pub(crate) const EPHEMERAL: &str = "countersign-ephemeral";
pub(crate) const AUDIT: &str = "countersign-audit";
