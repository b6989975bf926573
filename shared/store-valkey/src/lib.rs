//! The ports of what is ephemeral on Valkey.
