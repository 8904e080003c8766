//! How the table of the essence is made: units with their definitions, and the functions of special units.

/// A unit that is no base unit, as UCUM publishes it.
#[derive(Debug)]
pub struct Atom {
    pub(super) code: &'static str,
    pub(super) name: &'static str,
    pub(super) class: &'static str,
    /// Whether it takes prefixes.
    pub(super) metric: bool,
    /// Whether it is defined by an assay, so that it is comparable with itself only.
    pub(super) arbitrary: bool,
    /// How many `unit` it is.
    pub(super) value: &'static str,
    pub(super) unit: &'static str,
    /// The function of a scale that is not a ratio scale.
    pub(super) function: Option<Function>,
}

impl Atom {
    /// The case-sensitive code: `[in_i]`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// What it is called: `inch`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The class it is listed in: `intcust`, `clinical`, `chemical`.
    #[must_use]
    pub fn class(&self) -> &'static str {
        self.class
    }

    /// Whether it takes prefixes.
    #[must_use]
    pub fn is_metric(&self) -> bool {
        self.metric
    }

    /// Whether it is defined by an assay, so that it is comparable with itself only: `[iU]`.
    #[must_use]
    pub fn is_arbitrary(&self) -> bool {
        self.arbitrary
    }

    /// Whether its scale has no true zero or is not linear: `Cel`, `[pH]`.
    #[must_use]
    pub fn is_special(&self) -> bool {
        self.function.is_some()
    }

    /// Its definition: a decimal and the unit that it counts, for `[in_i]` `254e-2` of `cm`. For a special unit
    /// the argument of its function.
    #[must_use]
    pub fn definition(&self) -> (&'static str, &'static str) {
        (self.value, self.unit)
    }
}

/// What a prefix multiplies with.
#[derive(Debug, Clone, Copy)]
pub(super) enum Prefix {
    /// That power of ten.
    Ten(i32),
    /// That power of two.
    Two(u32),
}

/// The function that leads from `value` × `unit` to a special unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Function {
    Celsius,
    Fahrenheit,
    Reaumur,
    Ph,
    Ln,
    Lg,
    LgTwice,
    Ld,
    Tangent,
    SquareRoot,
    HomeopathicDecimal,
    HomeopathicCentesimal,
    HomeopathicMillesimal,
    HomeopathicQuintamillesimal,
}

type Text = &'static str;

pub(super) const fn unit(code: Text, name: Text, class: Text, value: Text, unit: Text) -> Atom {
    Atom { code, name, class, metric: false, arbitrary: false, value, unit, function: None }
}

pub(super) const fn metric(code: Text, name: Text, class: Text, value: Text, unit: Text) -> Atom {
    Atom { code, name, class, metric: true, arbitrary: false, value, unit, function: None }
}

pub(super) const fn arbitrary(
    code: Text,
    name: Text,
    class: Text,
    metric: bool,
    value: Text,
    unit: Text,
) -> Atom {
    Atom { code, name, class, metric, arbitrary: true, value, unit, function: None }
}

pub(super) const fn special(
    code: Text,
    name: Text,
    class: Text,
    metric: bool,
    value: Text,
    unit: Text,
    function: Function,
) -> Atom {
    Atom { code, name, class, metric, arbitrary: false, value, unit, function: Some(function) }
}
