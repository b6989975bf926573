//! How domain values stand in an event's JSON. Each module is used by serde's `with`.

/// Anything with one text form.
pub(crate) mod text {
    use std::fmt::Display;
    use std::str::FromStr;

    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(crate) fn serialize<S: Serializer>(value: &impl Display, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    pub(crate) fn deserialize<'de, T: FromStr, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|_| D::Error::custom("not the text form of this field"))
    }
}

/// Anything with one text form, or null.
pub(crate) mod optional_text {
    use std::fmt::Display;
    use std::str::FromStr;

    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    #[expect(clippy::ref_option, reason = "the signature that serde calls")]
    pub(crate) fn serialize<S: Serializer>(value: &Option<impl Display>, serializer: S) -> Result<S::Ok, S::Error> {
        value.as_ref().map(ToString::to_string).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, T: FromStr, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
        let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
        text.parse().map(Some).map_err(|_| D::Error::custom("not the text form of this field"))
    }
}

/// What the operator's list says of somebody: its name.
pub(crate) mod access {
    use domain::ListedAccess;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde calls")]
    pub(crate) fn serialize<S: Serializer>(access: &ListedAccess, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(access.name())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ListedAccess, D::Error> {
        let name = String::deserialize(deserializer)?;
        name.parse().map_err(|_| D::Error::custom("unknown access"))
    }
}

/// A set of factor types: the array of their names, in registry order.
pub(crate) mod factors {
    use domain::{FactorSet, FactorType};
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde calls")]
    pub(crate) fn serialize<S: Serializer>(factors: &FactorSet, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(factors.iter().map(FactorType::name))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<FactorSet, D::Error> {
        let names = Vec::<String>::deserialize(deserializer)?;
        let types = names.iter().map(|name| name.parse()).collect::<Result<Vec<FactorType>, _>>();
        FactorSet::of(types.map_err(D::Error::custom)?).map_err(D::Error::custom)
    }
}

/// A transaction's hash: 64 lower-case hexadecimal digits, or null.
pub(crate) mod transaction {
    use domain::TransactionHash;
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    #[expect(clippy::ref_option, reason = "the signature that serde calls")]
    pub(crate) fn serialize<S: Serializer>(hash: &Option<TransactionHash>, serializer: S) -> Result<S::Ok, S::Error> {
        hash.map(|hash| hex::encode(hash.as_bytes())).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<TransactionHash>, D::Error> {
        let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
        let mut hash = [0; 32];
        hex::decode_to_slice(text, &mut hash).map_err(D::Error::custom)?;
        Ok(Some(TransactionHash::new(hash)))
    }
}

/// How a user was verified: the value of the tokens' `acr` claim.
pub(crate) mod acr {
    use domain::Acr;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde calls")]
    pub(crate) fn serialize<S: Serializer>(acr: &Acr, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(acr.name())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Acr, D::Error> {
        let name = String::deserialize(deserializer)?;
        name.parse().map_err(|_| D::Error::custom("unknown acr"))
    }
}

/// A route's name, or null.
pub(crate) mod optional_route {
    use domain::Route;
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    #[expect(clippy::ref_option, clippy::trivially_copy_pass_by_ref, reason = "the signature that serde calls")]
    pub(crate) fn serialize<S: Serializer>(route: &Option<Route>, serializer: S) -> Result<S::Ok, S::Error> {
        route.map(Route::name).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Route>, D::Error> {
        let Some(name) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
        name.parse().map(Some).map_err(|_| D::Error::custom("unknown route"))
    }
}
