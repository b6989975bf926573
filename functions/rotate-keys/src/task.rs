//! Tasks, and their JSON form: an object with `task` and exactly that task's own members.

use std::str::FromStr;

use domain::{KeyId, TenantId};
use serde::{Deserialize, Deserializer, de::Error};

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Task {
    /// Whatever is due: what the schedule asks for.
    Due,
    /// A signing key leaked: nothing that it signs is to count any longer.
    RetireLeaked(KeyId),
    /// A tenant's branch key leaked: nothing more is to be sealed under its newest version.
    Rotate(TenantId),
}

impl Task {
    /// Parses the JSON form.
    ///
    /// # Errors
    /// [`MalformedTask`] if it is anything else: another task, a member too many, missing or twice, another type.
    pub fn parse(unverified_json: &str) -> Result<Self, MalformedTask> {
        let form: Form = serde_json::from_str(unverified_json)?;
        Ok(match form {
            Form::RotateDueKeys {} => Self::Due,
            Form::RetireLeakedSigningKey { kid } => Self::RetireLeaked(kid),
            Form::RotateLeakedBranchKey { tenant_id } => Self::Rotate(tenant_id),
        })
    }
}

/// What was sent is not a task. Its source says where and why.
#[derive(Debug, thiserror::Error)]
#[error("not a task")]
pub struct MalformedTask(#[from] serde_json::Error);

#[derive(Deserialize)]
#[serde(tag = "task", rename_all = "snake_case", deny_unknown_fields)]
enum Form {
    // Braces, so that this one refuses members that it does not have, too.
    RotateDueKeys {},
    RetireLeakedSigningKey {
        #[serde(deserialize_with = "text")]
        kid: KeyId,
    },
    RotateLeakedBranchKey {
        #[serde(deserialize_with = "text")]
        tenant_id: TenantId,
    },
}

/// Anything with one text form.
fn text<'de, T: FromStr, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|_| D::Error::custom("not the text form of this member"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anything_else_is_refused() {
        for json in [
            "",
            "null",
            "{}",
            r#"{"task":"format_disk"}"#,
            r#"{"task":"rotate_due_keys","force":true}"#,
            r#"{"task":"retire_leaked_signing_key"}"#,
            r#"{"task":"retire_leaked_signing_key","kid":"a b"}"#,
            r#"{"task":"retire_leaked_signing_key","kid":"a","kid":"b"}"#,
            r#"{"task":"rotate_leaked_branch_key","tenant_id":"everybody"}"#,
        ] {
            assert!(Task::parse(json).is_err(), "{json}");
        }
    }
}
