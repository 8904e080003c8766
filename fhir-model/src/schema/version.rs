//! The versions of FHIR (<https://hl7.org/fhir/directory.html>).

use std::fmt;

/// A version of FHIR.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
#[repr(u8)]
pub enum Version {
    /// DSTU2, 1.0.2
    Dstu2 = 1,
    /// STU3, 3.0.2
    Stu3 = 2,
    /// R4, 4.0.1
    R4 = 3,
    /// R4B, 4.3.0
    R4B = 4,
    /// R5, 5.0.0
    R5 = 5,
}

impl Version {
    /// The number as CapabilityStatement.fhirVersion has it: `4.0.1`.
    #[must_use]
    pub const fn number(self) -> &'static str {
        match self {
            Self::Dstu2 => "1.0.2",
            Self::Stu3 => "3.0.2",
            Self::R4 => "4.0.1",
            Self::R4B => "4.3.0",
            Self::R5 => "5.0.0",
        }
    }

    /// The name in everyday use: `R4`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dstu2 => "DSTU2",
            Self::Stu3 => "STU3",
            Self::R4 => "R4",
            Self::R4B => "R4B",
            Self::R5 => "R5",
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
