//! Codes and quantities: what stands between a struct and "is it this code?"
//! (<https://hl7.org/fhir/R4/datatypes.html#CodeableConcept>).

/// Methods of `Coding`, `CodeableConcept`, `Quantity` and `Identifier` of one version.
macro_rules! concepts {
    ($version:ident) => {
        const _: () = {
            use crate::primitive::{Code, Decimal, Text, Uri, decimal};
            use crate::$version::{CodeableConcept, Coding, Identifier, Quantity};

            impl Coding {
                /// A code of a system.
                ///
                /// ```
                #[doc = concat!("use hygea_fhir_model::", stringify!($version), "::Coding;")]
                ///
                /// let coding = Coding::new("http://loinc.org", "8867-4");
                /// assert!(coding.is("http://loinc.org", "8867-4"));
                /// ```
                #[must_use]
                pub fn new(system: impl Into<Uri>, code: impl Into<Code>) -> Self {
                    Self { system: Some(system.into()), code: Some(code.into()), ..Self::default() }
                }

                /// Whether it is this code of this system. Codes are compared as they are: whether case
                /// counts is for the code system to say.
                #[must_use]
                pub fn is(&self, system: &str, code: &str) -> bool {
                    self.system.as_deref() == Some(system) && self.code.as_deref() == Some(code)
                }
            }

            impl CodeableConcept {
                /// A concept of one code with the text that its system gives it.
                ///
                /// ```
                #[doc = concat!("use hygea_fhir_model::", stringify!($version), "::CodeableConcept;")]
                ///
                /// let pulse = CodeableConcept::of("http://loinc.org", "8867-4", "Heart rate");
                /// assert!(pulse.has("http://loinc.org", "8867-4"));
                /// assert_eq!(pulse.code("http://loinc.org"), Some("8867-4"));
                /// assert_eq!(pulse.label(), Some("Heart rate"));
                /// ```
                #[must_use]
                pub fn of(
                    system: impl Into<Uri>,
                    code: impl Into<Code>,
                    display: impl Into<Text>,
                ) -> Self {
                    let coding = Coding { display: Some(display.into()), ..Coding::new(system, code) };
                    Self { coding: vec![coding], ..Self::default() }
                }

                /// The first coding of the system.
                #[must_use]
                pub fn coding(&self, system: &str) -> Option<&Coding> {
                    self.coding.iter().find(|coding| coding.system.as_deref() == Some(system))
                }

                /// The first code of the system.
                #[must_use]
                pub fn code(&self, system: &str) -> Option<&str> {
                    self.coding(system).and_then(|coding| coding.code.as_deref())
                }

                /// Whether one of the codings is this code of this system.
                #[must_use]
                pub fn has(&self, system: &str, code: &str) -> bool {
                    self.coding.iter().any(|coding| coding.is(system, code))
                }

                /// What to show: the text, else the display of the coding that a user chose, else the first
                /// display, else the first code.
                #[must_use]
                pub fn label(&self) -> Option<&str> {
                    let chosen = self.coding.iter().filter(|coding| coding.user_selected == Some(true));
                    let mut displays =
                        chosen.chain(&self.coding).filter_map(|coding| coding.display.as_deref());
                    let codes = || self.coding.iter().find_map(|coding| coding.code.as_deref());
                    self.text.as_deref().or_else(|| displays.next()).or_else(codes)
                }
            }

            impl Quantity {
                /// A quantity in a unit of UCUM.
                ///
                /// ```
                #[doc = concat!("use hygea_fhir_model::{primitive::Decimal, ", stringify!($version), "::Quantity};")]
                ///
                /// let dose = Quantity::of(Decimal::parse("1.50").unwrap(), "mg");
                /// assert_eq!(dose.to_string(), "1.50 mg");
                /// assert_eq!(dose.decimal().unwrap().coefficient, 150);
                /// ```
                #[must_use]
                pub fn of(value: impl Into<Decimal>, unit: &str) -> Self {
                    Self {
                        value: Some(value.into()),
                        unit: Some(unit.into()),
                        system: Some("http://unitsofmeasure.org".into()),
                        code: Some(unit.into()),
                        ..Self::default()
                    }
                }

                /// The value as an exact number, if there is one of at most 38 digits.
                #[must_use]
                pub fn decimal(&self) -> Option<decimal::Number> {
                    self.value.as_ref().and_then(Decimal::number)
                }

                /// The code of the unit, if it is one of UCUM.
                #[must_use]
                pub fn ucum(&self) -> Option<&str> {
                    let ucum = self.system.as_deref() == Some("http://unitsofmeasure.org");
                    self.code.as_deref().filter(|_| ucum)
                }
            }

            /// Comparator, value and unit (or its code) as people read them: `< 1.50 mg`.
            impl std::fmt::Display for Quantity {
                fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    let parts = [
                        self.comparator.as_ref().map(|comparator| comparator.as_str()),
                        self.value.as_deref(),
                        self.unit.as_deref().or(self.code.as_deref()),
                    ];
                    $crate::typed::words(parts.into_iter().flatten(), " ", f)
                }
            }

            impl Identifier {
                /// A value of a system.
                ///
                /// ```
                #[doc = concat!("use hygea_fhir_model::", stringify!($version), "::Identifier;")]
                ///
                /// let number = Identifier::of("http://hl7.org/fhir/sid/us-ssn", "999-12-3456");
                /// assert_eq!(number.value.as_deref(), Some("999-12-3456"));
                /// ```
                #[must_use]
                pub fn of(system: impl Into<Uri>, value: impl Into<Text>) -> Self {
                    Self { system: Some(system.into()), value: Some(value.into()), ..Self::default() }
                }
            }
        };
    };
}

super::each_version!(concepts);
