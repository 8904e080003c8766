//! Names, addresses and what a Patient is asked for every day
//! (<https://hl7.org/fhir/R4/datatypes.html#HumanName>).

/// Methods of `HumanName`, `Address` and `Patient` of one version.
macro_rules! persons {
    ($version:ident) => {
        const _: () = {
            use crate::primitive::{Date, Text};
            use crate::$version::{Address, HumanName, NameUse, Patient};

            impl HumanName {
                /// The text of the name if it has one, otherwise its parts in the order in which FHIR reads
                /// them: prefixes, given names, family name, suffixes.
                ///
                /// ```
                #[doc = concat!("use hygea_fhir_model::{typed::Structure, ", stringify!($version), "::Patient};")]
                ///
                /// let json = br#"{"resourceType":"Patient","name":[{"given":["Ada","M."],"prefix":["Dr."]}]}"#;
                /// assert_eq!(Patient::from_json(json).unwrap().name[0].full(), "Dr. Ada M.");
                /// ```
                #[must_use]
                pub fn full(&self) -> String {
                    self.to_string()
                }
            }

            /// As [`HumanName::full`].
            impl std::fmt::Display for HumanName {
                fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    if let Some(text) = &self.text {
                        return f.write_str(text);
                    }
                    let parts = self.prefix.iter().chain(&self.given).chain(&self.family).chain(&self.suffix);
                    $crate::typed::words(parts.map(Text::as_str), " ", f)
                }
            }

            /// The text of the address if it has one, otherwise its parts with commas between: lines, city,
            /// district, state, postal code, country.
            impl std::fmt::Display for Address {
                fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    if let Some(text) = &self.text {
                        return f.write_str(text);
                    }
                    let place = [&self.city, &self.district, &self.state, &self.postal_code, &self.country];
                    let parts = self.line.iter().chain(place.into_iter().flatten());
                    $crate::typed::words(parts.map(Text::as_str), ", ", f)
                }
            }

            impl Patient {
                /// The official name; if none is marked so, the usual one, else the first that is neither old,
                /// temporary, anonymous nor a nickname, else the first.
                ///
                /// ```
                #[doc = concat!("use hygea_fhir_model::{typed::Structure, ", stringify!($version), "::Patient};")]
                ///
                /// let json = br#"{"resourceType":"Patient","name":[{"text":"Bob"},{"use":"official","text":"Robert"}]}"#;
                /// let patient = Patient::from_json(json).unwrap();
                /// assert_eq!(patient.official_name().unwrap().full(), "Robert");
                /// ```
                #[must_use]
                pub fn official_name(&self) -> Option<&HumanName> {
                    self.name.iter().min_by_key(|name| match name.use_ {
                        Some(NameUse::Official) => 0,
                        Some(NameUse::Usual) => 1,
                        None | Some(NameUse::Unlisted(_)) => 2,
                        Some(_) => 3,
                    })
                }

                /// The first value that an identifier of the system has.
                ///
                /// ```
                #[doc = concat!("use hygea_fhir_model::", stringify!($version), "::{Identifier, Patient};")]
                ///
                /// let patient = Patient { identifier: vec![Identifier::of("urn:mrn", "7")], ..Patient::default() };
                /// assert_eq!(patient.identifier_value("urn:mrn"), Some("7"));
                /// ```
                #[must_use]
                pub fn identifier_value(&self, system: &str) -> Option<&str> {
                    let mut found =
                        self.identifier.iter().filter(|found| found.system.as_deref() == Some(system));
                    found.find_map(|identifier| identifier.value.as_deref())
                }

                /// The completed years between birth and a day; nothing if the day is before the birth or if
                /// the dates are too coarse to tell (born in 2000, asked for May 2024).
                ///
                /// ```
                #[doc = concat!("use hygea_fhir_model::", stringify!($version), "::Patient;")]
                ///
                /// let patient = Patient { birth_date: Some("2000-02-29".into()), ..Patient::default() };
                /// assert_eq!(patient.age_on(&"2024-02-28".into()), Some(23));
                /// assert_eq!(patient.age_on(&"2024-02-29".into()), Some(24));
                /// assert_eq!(patient.age_on(&"2024".into()), None);
                /// ```
                #[must_use]
                pub fn age_on(&self, day: &Date) -> Option<u32> {
                    self.birth_date.as_ref()?.years_until(day)
                }
            }
        };
    };
}

super::each_version!(persons);
