//! The rules in force: what a service allows beyond, or short of, the standard.
//!
//! [`Rules::HYGEA`] answers whatever the standard allows. [`Rules::AZURE_V1`] and [`Rules::AZURE_V2`] refuse what the Azure
//! DICOM service refuses, so that a client can be tested against us.

/// The version of the API in the URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ApiVersion {
    /// `/v1`: invalid indexed values refuse an instance; longer default answers.
    V1,
    /// `/v2`: invalid values are warned of; shorter default answers.
    V2,
}

/// What a service allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// The version of the API.
    pub api: ApiVersion,
    /// How many answers a search gives where it does not say.
    pub default_limit: u32,
    /// How many answers a search may ask for.
    pub max_limit: u32,
    /// A higher limit is lowered to the maximum, rather than refused.
    pub lower_limit: bool,
    /// `*` and `?` in text values.
    pub wildcards: bool,
    /// Several UIDs, or several values, of which one must match.
    pub lists: bool,
    /// An empty value, which matches everything.
    pub universal: bool,
    /// Attributes inside of sequences, by dotted path.
    pub nested: bool,
    /// Any attribute, rather than those of the table in [`qido`](crate::qido) and the custom ones.
    pub any_attribute: bool,
    /// Attributes of the study in a search below one study, and of the series below one series.
    pub parent_attributes: bool,
    /// The `orderby` parameter.
    pub order_by: bool,
    /// `includefield=all` beside other fields.
    pub all_with_others: bool,
    /// `includefield=all` gives everything that is stored, rather than the lists of the Azure service.
    pub all_is_everything: bool,
    /// Date-times with an offset from UTC.
    pub offsets: bool,
    /// Instances in implicit VR are stored with a warning.
    pub warn_of_implicit_vr: bool,
}

impl Rules {
    /// Everything that the standard allows; default answers of v2.
    pub const HYGEA: Self = Self {
        api: ApiVersion::V2,
        default_limit: 100,
        max_limit: 5000,
        lower_limit: true,
        wildcards: true,
        lists: true,
        universal: true,
        nested: true,
        any_attribute: true,
        parent_attributes: true,
        order_by: true,
        all_with_others: true,
        all_is_everything: true,
        offsets: true,
        warn_of_implicit_vr: false,
    };

    /// The Azure DICOM service, v2.
    pub const AZURE_V2: Self = Self {
        api: ApiVersion::V2,
        default_limit: 100,
        max_limit: 200,
        lower_limit: false,
        wildcards: false,
        lists: false,
        universal: false,
        nested: false,
        any_attribute: false,
        parent_attributes: false,
        order_by: false,
        all_with_others: false,
        all_is_everything: false,
        offsets: false,
        warn_of_implicit_vr: true,
    };

    /// The Azure DICOM service, v1.
    pub const AZURE_V1: Self = Self { api: ApiVersion::V1, ..Self::AZURE_V2 };

    /// The same rules under another version of the API.
    #[must_use]
    pub fn with_api(mut self, api: ApiVersion) -> Self {
        self.api = api;
        self
    }
}

impl Default for Rules {
    fn default() -> Self {
        Self::HYGEA
    }
}
