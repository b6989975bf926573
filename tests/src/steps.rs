//! The steps of the journey, for tests that are about what comes after them.

use serde_json::{Value, json};

use crate::{Answer, Call, Function, Person, Ports, World};

/// An open verification.
#[derive(Debug, Clone)]
pub struct Opened {
    /// Its id.
    pub id: String,
    /// The factors that it asks for.
    pub asked: Vec<String>,
    /// Opens its own routes.
    pub capability: String,
}

impl From<&Answer> for Opened {
    fn from(answer: &Answer) -> Self {
        assert_eq!(answer.status, 201, "{answer:?}");
        let asked = answer.json()["factors"].as_array().unwrap().clone();
        Self {
            id: answer.text("verification_id"),
            asked: asked.iter().map(|factor| factor.as_str().unwrap().to_owned()).collect(),
            capability: answer.text("capability"),
        }
    }
}

impl<S: Ports> World<S> {
    /// The call that enrols a person.
    #[must_use]
    pub fn enrolling(&self, person: &Person) -> Call {
        let body = json!({ "user_id": person.id, "factors": person.enrolled() });
        Call::new(Function::Enroll, "two-factors").bearer(&self.tenant.api_key).key(&self.key()).json(&body)
    }

    /// The call that opens a verification of this user.
    #[must_use]
    pub fn initiating(&self, user_id: &str) -> Call {
        let body = json!({ "user_id": user_id });
        Call::new(Function::Initiate, "payment").bearer(&self.tenant.api_key).key(&self.key()).json(&body)
    }

    /// The call that presents these factors.
    #[must_use]
    pub fn attempting(&self, opened: &Opened, factors: &Value) -> Call {
        Call::new(Function::Verify, "wrong")
            .bearer(&self.tenant.api_key)
            .key(&self.key())
            .path("verification_id", &opened.id)
            .json(&json!({ "factors": factors }))
    }

    /// The call that asks how a verification stands.
    #[must_use]
    pub fn asking_status(&self, opened: &Opened) -> Call {
        Call::new(Function::Status, "by-api-key").bearer(&self.tenant.api_key).path("verification_id", &opened.id)
    }

    /// The call that asks whether a token counts.
    #[must_use]
    pub fn introspecting(&self, token: &str) -> Call {
        Call::new(Function::Introspect, "access-token").bearer(&self.tenant.api_key).json(&json!({ "token": token }))
    }

    /// The call that revokes a token's session.
    #[must_use]
    pub fn revoking(&self, token: &str) -> Call {
        Call::new(Function::Revoke, "access-token")
            .bearer(&self.tenant.api_key)
            .key(&self.key())
            .json(&json!({ "token": token }))
    }

    /// The call that revokes all sessions of a user.
    #[must_use]
    pub fn revoking_all(&self, user_id: &str) -> Call {
        Call::new(Function::Revoke, "user")
            .bearer(&self.tenant.api_key)
            .key(&self.key())
            .json(&json!({ "user_id": user_id }))
    }

    /// The call that exchanges a refresh token.
    #[must_use]
    pub fn refreshing(&self, refresh_token: &str) -> Call {
        Call::new(Function::Refresh, "refresh-token")
            .bearer(&self.tenant.api_key)
            .key(&self.key())
            .json(&json!({ "refresh_token": refresh_token }))
    }

    /// The call that lists a user's sessions.
    #[must_use]
    pub fn listing_sessions(&self, user_id: &str) -> Call {
        Call::new(Function::ListSessions, "user").bearer(&self.tenant.api_key).query("user_id", user_id)
    }

    /// The call that reads the tenant's trail.
    #[must_use]
    pub fn reading_trail(&self) -> Call {
        Call::new(Function::AuditQuery, "everybody").bearer(&self.tenant.api_key)
    }

    /// The call that replaces a user's factors by these, on this step-up token.
    #[must_use]
    pub fn rotating(&self, user_id: &str, token: &str, factors: &Value) -> Call {
        Call::new(Function::RotateFactors, "three-factors")
            .bearer(&self.tenant.api_key)
            .key(&self.key())
            .path("user_id", user_id)
            .header("step-up-token", token)
            .json(&json!({ "factors": factors }))
    }

    /// The call that erases a user, on this step-up token.
    #[must_use]
    pub fn erasing(&self, user_id: &str, token: &str) -> Call {
        Call::new(Function::Erase, "stepped-up")
            .bearer(&self.tenant.api_key)
            .key(&self.key())
            .path("user_id", user_id)
            .header("step-up-token", token)
    }

    /// The call that exports what is stored of a user, on this step-up token.
    #[must_use]
    pub fn exporting(&self, user_id: &str, token: &str) -> Call {
        Call::new(Function::Export, "first-page")
            .bearer(&self.tenant.api_key)
            .path("user_id", user_id)
            .header("step-up-token", token)
    }

    /// The tokens of a person who is verified now, for no transaction.
    pub async fn verified(&self, person: &Person) -> Answer {
        let opened = self.opened(person).await;
        let answer = self.attempt(&opened, &person.right(&opened.asked)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer
    }

    /// A token that a person has just been verified for.
    pub async fn stepped_up(&self, person: &Person) -> String {
        self.verified(person).await.text("access_token")
    }

    /// Enrols a person with these factors.
    pub async fn enrolled(&self, number: u32, factors: &[&str]) -> Person {
        let person = Person::new(number, factors);
        let answer = self.send(self.enrolling(&person)).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        person
    }

    /// Opens a verification of a person.
    pub async fn opened(&self, person: &Person) -> Opened {
        Opened::from(&self.send(self.initiating(&person.id)).await)
    }

    /// Presents these factors.
    pub async fn attempt(&self, opened: &Opened, factors: &Value) -> Answer {
        self.send(self.attempting(opened, factors)).await
    }

    /// How a verification stands: its status and the attempts that remain.
    pub async fn standing(&self, opened: &Opened) -> (String, u64) {
        let answer = self.send(self.asking_status(opened)).await;
        (answer.text("status"), answer.json()["attempts_remaining"].as_u64().unwrap())
    }
}
