//! Factor types, their categories, and sets of them. The registry is [`FactorType::ALL`] with [`FactorType::name`] and
//! [`FactorType::category`]; a type that is not in it does not exist.

use std::fmt;
use std::str::FromStr;

/// What a factor rests on (PSD2 RTS 2018/389 Art. 6–8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Category {
    /// Something only the user knows.
    Knowledge,
    /// Something only the user has.
    Possession,
    /// Something the user is; here a secret that the device releases after a local biometric match.
    Inherence,
}

impl Category {
    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Knowledge => "knowledge",
            Self::Possession => "possession",
            Self::Inherence => "inherence",
        }
    }
}

/// A kind of factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FactorType {
    /// A numeric code.
    Pin,
    /// A drawn pattern.
    Pattern,
    /// A sequence of colours.
    Colour,
    /// A sequence of emoji.
    Emoji,
    /// A sequence of words.
    Words,
    /// Points tapped on a picture.
    ImageTap,
    /// An NFC tag or card.
    Nfc,
    /// A secret kept by the device.
    DeviceSecret,
    /// A fingerprint, matched by the device.
    Fingerprint,
    /// A face, matched by the device.
    Face,
    /// A voice, matched by the device.
    Voice,
}

impl FactorType {
    /// Every type, in the order in which sets list them.
    pub const ALL: [Self; 11] = [
        Self::Pin,
        Self::Pattern,
        Self::Colour,
        Self::Emoji,
        Self::Words,
        Self::ImageTap,
        Self::Nfc,
        Self::DeviceSecret,
        Self::Fingerprint,
        Self::Face,
        Self::Voice,
    ];

    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pin => "pin",
            Self::Pattern => "pattern",
            Self::Colour => "colour",
            Self::Emoji => "emoji",
            Self::Words => "words",
            Self::ImageTap => "image_tap",
            Self::Nfc => "nfc",
            Self::DeviceSecret => "device_secret",
            Self::Fingerprint => "fingerprint",
            Self::Face => "face",
            Self::Voice => "voice",
        }
    }

    /// What this type rests on.
    #[must_use]
    pub const fn category(self) -> Category {
        match self {
            Self::Pin | Self::Pattern | Self::Colour | Self::Emoji | Self::Words | Self::ImageTap => {
                Category::Knowledge
            }
            Self::Nfc | Self::DeviceSecret => Category::Possession,
            Self::Fingerprint | Self::Face | Self::Voice => Category::Inherence,
        }
    }

    const fn bit(self) -> u16 {
        1 << (self as u16)
    }
}

impl fmt::Display for FactorType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for FactorType {
    type Err = UnknownFactor;

    fn from_str(name: &str) -> Result<Self, UnknownFactor> {
        Self::ALL.into_iter().find(|factor| factor.name() == name).ok_or(UnknownFactor)
    }
}

/// A set of factor types. Its text form lists the names in registry order, joined by `+`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct FactorSet(u16);

impl FactorSet {
    /// The set of the given types.
    ///
    /// # Errors
    /// [`DuplicateFactor`] if a type occurs twice.
    pub fn of(factors: impl IntoIterator<Item = FactorType>) -> Result<Self, DuplicateFactor> {
        factors.into_iter().try_fold(Self::default(), |set, factor| {
            if set.contains(factor) { Err(DuplicateFactor) } else { Ok(Self(set.0 | factor.bit())) }
        })
    }

    /// Whether the set holds this type.
    #[must_use]
    pub const fn contains(self, factor: FactorType) -> bool {
        self.0 & factor.bit() != 0
    }

    /// The types of either set.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// How many types the set holds.
    #[must_use]
    pub const fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Whether the set holds nothing.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The types, in registry order.
    pub fn iter(self) -> impl Iterator<Item = FactorType> {
        FactorType::ALL.into_iter().filter(move |factor| self.contains(*factor))
    }

    /// How many different categories the types cover.
    #[must_use]
    pub fn categories(self) -> usize {
        [Category::Knowledge, Category::Possession, Category::Inherence]
            .into_iter()
            .filter(|category| self.iter().any(|factor| factor.category() == *category))
            .count()
    }
}

impl fmt::Display for FactorSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, factor) in self.iter().enumerate() {
            if position > 0 {
                f.write_str("+")?;
            }
            f.write_str(factor.name())?;
        }
        Ok(())
    }
}

impl FromStr for FactorSet {
    type Err = UnknownFactor;

    /// Parses the text form; only the exact output of `Display` for a set that is not empty is accepted.
    fn from_str(text: &str) -> Result<Self, UnknownFactor> {
        let factors: Vec<FactorType> = text.split('+').map(str::parse).collect::<Result<_, _>>()?;
        let set = Self::of(factors).map_err(|DuplicateFactor| UnknownFactor)?;
        if set.to_string() == text { Ok(set) } else { Err(UnknownFactor) }
    }
}

/// The name is not that of a factor type, or the text is not that of a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown factor type")]
pub struct UnknownFactor;

/// A factor type occurs twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a factor type occurs twice")]
pub struct DuplicateFactor;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_distinct_and_parse_back() {
        for factor in FactorType::ALL {
            assert_eq!(factor.name().parse(), Ok(factor));
        }
    }

    #[test]
    fn a_set_has_one_text_form() {
        let set = FactorSet::of([FactorType::Nfc, FactorType::Pin]).unwrap();

        assert_eq!(set.to_string(), "pin+nfc");
        assert_eq!("pin+nfc".parse(), Ok(set));
        assert_eq!("nfc+pin".parse::<FactorSet>(), Err(UnknownFactor));
        assert_eq!("pin+pin".parse::<FactorSet>(), Err(UnknownFactor));
        assert_eq!("".parse::<FactorSet>(), Err(UnknownFactor));
    }

    #[test]
    fn a_set_counts_categories_not_types() {
        let knowledge_only = FactorSet::of([FactorType::Pin, FactorType::Words]).unwrap();
        let all = FactorSet::of(FactorType::ALL).unwrap();

        assert_eq!((knowledge_only.categories(), all.categories(), all.len()), (1, 3, 11));
    }
}
