//! Every figure that the model calculates with, each with its source. Nothing else in this crate is a number of the world.

pub(crate) mod assumed;
pub(crate) mod measured;
pub(crate) mod prices;
pub(crate) mod quotas;
pub(crate) mod settings;

use crate::Figure;

/// A group of figures, as the page shows it.
#[derive(Debug, Clone, Copy)]
pub struct Group {
    /// Its heading.
    pub title: &'static str,
    /// What is to be known of all of them.
    pub about: &'static str,
    /// The figures.
    pub figures: &'static [Figure],
}

/// All groups, in the order of the page.
pub const GROUPS: [Group; 5] = [assumed::GROUP, settings::GROUP, measured::GROUP, quotas::GROUP, prices::GROUP];

/// All figures.
pub(crate) fn all() -> impl Iterator<Item = &'static Figure> {
    GROUPS.iter().flat_map(|group| group.figures)
}

/// Declares figures, and the group that lists all of them.
macro_rules! figures {
    ($title:literal, $about:literal; $($constant:ident $name:literal = $value:literal $unit:literal, $source:expr;)+) => {
        $(pub(crate) const $constant: Figure = Figure { name: $name, value: $value, unit: $unit, source: $source };)+

        /// The figures of this module.
        pub(crate) const GROUP: Group = Group { title: $title, about: $about, figures: &[$($constant),+] };
    };
}
pub(crate) use figures;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_figures_have_the_same_name() {
        let names: BTreeSet<_> = all().map(|figure| figure.name).collect();

        assert_eq!(names.len(), all().count());
    }
}
