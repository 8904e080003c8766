//! Where resources lie: Azure region names, and `local` for a machine of one's own.

use std::fmt;

use crate::{Error, ErrorKind};

/// A region by its normal name (`westus2`). `"West US 2"` is the same region.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Location(&'static str);

/// The region of a server that lies in no cloud.
pub const LOCAL: Location = Location("local");

const REGIONS: &[&str] = &[
    "local",
    "australiacentral",
    "australiacentral2",
    "australiaeast",
    "australiasoutheast",
    "austriaeast",
    "belgiumcentral",
    "brazilsouth",
    "brazilsoutheast",
    "brazilus",
    "canadacentral",
    "canadaeast",
    "centralindia",
    "centralus",
    "centraluseuap",
    "chilecentral",
    "chinaeast",
    "chinaeast2",
    "chinaeast3",
    "chinanorth",
    "chinanorth2",
    "chinanorth3",
    "denmarkeast",
    "eastasia",
    "eastus",
    "eastus2",
    "eastus2euap",
    "eastus3",
    "eastusstg",
    "francecentral",
    "francesouth",
    "germanynorth",
    "germanywestcentral",
    "global",
    "indonesiacentral",
    "israelcentral",
    "israelnorthwest",
    "italynorth",
    "japaneast",
    "japanwest",
    "jioindiacentral",
    "jioindiawest",
    "koreacentral",
    "koreasouth",
    "malaysiasouth",
    "malaysiawest",
    "mexicocentral",
    "newzealandnorth",
    "northcentralus",
    "northeurope",
    "norwayeast",
    "norwaywest",
    "polandcentral",
    "qatarcentral",
    "southafricanorth",
    "southafricawest",
    "southcentralus",
    "southcentralus2",
    "southcentralusstg",
    "southeastasia",
    "southeastus",
    "southindia",
    "spaincentral",
    "swedencentral",
    "swedensouth",
    "switzerlandnorth",
    "switzerlandwest",
    "taiwannorth",
    "taiwannorthwest",
    "uaecentral",
    "uaenorth",
    "uksouth",
    "ukwest",
    "usdodcentral",
    "usdodeast",
    "usgovarizona",
    "usgovtexas",
    "usgovvirginia",
    "westcentralus",
    "westeurope",
    "westindia",
    "westus",
    "westus2",
    "westus3",
];

impl Location {
    /// Reads a region name in either spelling: case and spaces do not count.
    ///
    /// # Errors
    /// `InvalidLocation` for a name that is no region.
    pub fn parse(name: &str) -> Result<Self, Error> {
        let wanted = || name.chars().filter(|c| *c != ' ').map(|c| c.to_ascii_lowercase());
        REGIONS
            .iter()
            .find(|region| region.chars().eq(wanted()))
            .map(|region| Self(region))
            .ok_or_else(|| Error::new(ErrorKind::InvalidLocation, "expected an Azure region name or 'local'"))
    }

    /// The normal name: lower case, no spaces.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.0
    }

    /// Every region known, by its normal name.
    pub fn all() -> impl Iterator<Item = Self> {
        REGIONS.iter().map(|region| Self(region))
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_are_one_region() {
        for (name, normal) in [
            ("West US 2", "westus2"),
            ("westus2", "westus2"),
            ("WESTUS", "westus"),
            ("Southeast Asia", "southeastasia"),
            ("local", "local"),
        ] {
            assert_eq!(Location::parse(name).unwrap().as_str(), normal);
        }
        for name in ["", " ", "moon", "westus22", "west-us"] {
            assert!(Location::parse(name).is_err(), "{name}");
        }
        assert!(Location::all().all(|region| Location::parse(region.as_str()).unwrap() == region));
    }
}
