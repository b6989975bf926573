//! Refused requests in the audit trail, by sampling.
