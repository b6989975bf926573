//! One line of the file: a user with another system's hashes of their digests.

use crypto::{HashedText, ImportedHash, ImportedHashes, PhcRefused};
use domain::{DeviceId, EnrollmentRefused, FactorType, UserId, enrollable};
use serde::Deserialize;

/// A line that can be imported.
#[derive(Debug)]
pub struct ImportLine {
    /// Whom to enrol.
    pub user: UserId,
    /// Another system's hashes of their digests.
    pub hashes: ImportedHashes,
    /// Their device.
    pub device: Option<DeviceId>,
}

impl ImportLine {
    /// Reads a line. Its text is never part of the error.
    ///
    /// # Errors
    /// [`LineRefused`] says what is wrong with it.
    pub fn parse(unverified_line: &[u8]) -> Result<Self, LineRefused> {
        let body: Body = serde_json::from_slice(unverified_line).map_err(|_| LineRefused::Malformed)?;
        let user = body.unverified_user_id.parse().map_err(|_| LineRefused::UserId)?;
        let device = body.unverified_device_id.map(DeviceId::new).transpose().map_err(|_| LineRefused::DeviceId)?;
        let text = body.unverified_hashed.parse().map_err(|_| LineRefused::HashedText)?;
        let pairs = body.factors.iter().map(|factor| factor.hash(text)).collect::<Result<_, _>>()?;
        let hashes = ImportedHashes::new(pairs).map_err(|_| LineRefused::DuplicateFactor)?;
        enrollable(hashes.types())?;
        Ok(Self { user, hashes, device })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    #[serde(rename = "user_id")]
    unverified_user_id: String,
    /// What of each digest was hashed.
    #[serde(rename = "hashed")]
    unverified_hashed: String,
    factors: Vec<FactorBody>,
    #[serde(rename = "device_id", default)]
    unverified_device_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FactorBody {
    #[serde(rename = "type")]
    unverified_type: String,
    #[serde(rename = "phc")]
    unverified_phc: String,
}

impl FactorBody {
    fn hash(&self, text: HashedText) -> Result<(FactorType, ImportedHash), LineRefused> {
        let factor = self.unverified_type.parse().map_err(|_| LineRefused::UnknownFactor)?;
        Ok((factor, ImportedHash::from_phc(&self.unverified_phc, text)?))
    }
}

/// Why a line can't be imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LineRefused {
    /// Longer than any line that can be imported.
    #[error("the line is too long")]
    TooLong,
    /// Not a JSON object of exactly the members of a line.
    #[error("not a JSON object of exactly the members of a line")]
    Malformed,
    /// Not a UUID in hyphenated form.
    #[error("the user id is not a UUID in hyphenated form")]
    UserId,
    /// Not 1 to 128 visible ASCII characters.
    #[error("the device id is not 1 to 128 visible ASCII characters")]
    DeviceId,
    /// Neither `bytes` nor `hex`.
    #[error("what was hashed is neither bytes nor hex")]
    HashedText,
    /// No such factor type.
    #[error("there is no such factor type")]
    UnknownFactor,
    /// A factor type occurs twice.
    #[error("a factor type occurs twice")]
    DuplicateFactor,
    /// The factors break a rule.
    #[error("the factors can't be enrolled")]
    Factors(#[from] EnrollmentRefused),
    /// A PHC string can't be imported.
    #[error("a hash can't be imported")]
    Hash(#[from] PhcRefused),
    /// The user was erased, and nobody is enrolled under the id again.
    #[error("the user was erased")]
    UserErased,
}

impl LineRefused {
    /// The stable name in the report.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::TooLong => "line-too-long",
            Self::Malformed => "malformed-line",
            Self::UserId => "malformed-user-id",
            Self::DeviceId => "malformed-device-id",
            Self::HashedText => "unknown-hashed-text",
            Self::UnknownFactor => "unknown-factor",
            Self::DuplicateFactor => "duplicate-factor",
            Self::Factors(EnrollmentRefused::Count) => "factor-count",
            Self::Factors(EnrollmentRefused::Categories) => "factor-categories",
            Self::Hash(PhcRefused::Malformed) => "malformed-hash",
            Self::Hash(PhcRefused::UnknownFunction) => "unknown-function",
            Self::Hash(PhcRefused::UnknownVersion) => "unknown-version",
            Self::Hash(PhcRefused::UnknownParameters) => "unknown-parameters",
            Self::Hash(PhcRefused::TooWeak) => "weak-parameters",
            Self::Hash(PhcRefused::TooExpensive) => "expensive-parameters",
            Self::Hash(PhcRefused::HashLength) => "hash-length",
            Self::UserErased => "user-erased",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PHC: &str = "$pbkdf2-sha256$i=100000$EBESExQVFhcYGRobHB0eHw$LL0lrH7iGoeAEm3XcPS90jsTlfPjGnNZeIBpG0cVcYc";
    const USER: &str = "3f0f5f0e-6b51-4ad2-9d4e-0f6f3d1b2a10";

    fn line(user: &str, hashed: &str, types: &[&str], phc: &str) -> String {
        let factors = types.iter().map(|name| serde_json::json!({ "type": name, "phc": phc }));
        let factors: Vec<_> = factors.collect();
        serde_json::json!({ "user_id": user, "hashed": hashed, "factors": factors }).to_string()
    }

    #[test]
    fn import_a_line_names_a_user_and_hashes() {
        let text = line(USER, "hex", &["nfc", "pin"], PHC);

        let parsed = ImportLine::parse(text.as_bytes()).unwrap();

        assert_eq!((parsed.user.to_string().as_str(), parsed.hashes.types().to_string().as_str()), (USER, "pin+nfc"));
        // Some writers of JSON escape slashes.
        assert!(ImportLine::parse(text.replace('/', "\\/").as_bytes()).is_ok());
    }

    #[test]
    fn import_every_refusal_has_its_name_and_none_of_the_text() {
        let weak = PHC.replace("pbkdf2-sha256$i=100000", "argon2id$v=19$m=8,t=1,p=1");
        let costly = PHC.replace("i=100000", "i=100000000");
        let bcrypt = PHC.replace("pbkdf2-sha256", "scrypt");
        let twelve: Vec<&str> = FactorType::ALL.iter().map(|factor| factor.name()).collect();
        for (text, name) in [
            (String::new(), "malformed-line"),
            ("[]".to_owned(), "malformed-line"),
            (line(USER, "hex", &["pin", "nfc"], PHC).replace("user_id", "user"), "malformed-line"),
            (line("canary", "hex", &["pin", "nfc"], PHC), "malformed-user-id"),
            (line(USER, "base64", &["pin", "nfc"], PHC), "unknown-hashed-text"),
            (line(USER, "hex", &["pin", "iris"], PHC), "unknown-factor"),
            (line(USER, "hex", &["pin", "pin"], PHC), "duplicate-factor"),
            (line(USER, "hex", &["pin"], PHC), "factor-count"),
            (line(USER, "hex", &twelve, PHC), "factor-count"),
            (line(USER, "hex", &["pin", "words"], PHC), "factor-categories"),
            (line(USER, "hex", &["pin", "nfc"], "canary"), "malformed-hash"),
            (line(USER, "hex", &["pin", "nfc"], &weak), "weak-parameters"),
            (line(USER, "hex", &["pin", "nfc"], &costly), "expensive-parameters"),
            (line(USER, "hex", &["pin", "nfc"], &bcrypt), "unknown-function"),
        ] {
            let refused = ImportLine::parse(text.as_bytes()).map(|_| ()).unwrap_err();

            assert_eq!(refused.name(), name, "{text}");
            assert!(!telemetry::Chain::of(&refused).to_string().contains("canary"), "{text}");
        }
    }
}
