//! Who calls, from where, and how the call is followed through the logs.

/// The circumstances of one call, beside the request itself.
///
/// ```
/// use hygea_service::Call;
///
/// let call = Call::new().base_url("https://records.example").correlation("9f1c");
/// ```
#[derive(Debug, Clone, Default)]
pub struct Call {
    pub(crate) base_url: Option<String>,
    pub(crate) correlation: Option<String>,
    pub(crate) remote: Option<String>,
}

impl Call {
    /// A call without any circumstances: answers name their addresses by the `Host` header.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Scheme and host under which callers reach this engine, without a slash at the end: addresses in answers
    /// start with it.
    #[must_use]
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = Some(url.into());
        self
    }

    /// An id that the audit record of this call carries.
    #[must_use]
    pub fn correlation(mut self, id: impl Into<String>) -> Self {
        self.correlation = Some(id.into());
        self
    }

    /// The network address of the caller, for the audit record.
    #[must_use]
    pub fn remote(mut self, address: impl Into<String>) -> Self {
        self.remote = Some(address.into());
        self
    }
}
