//! The value of an Observation and of its components (<https://hl7.org/fhir/R4/observation.html>).

/// Methods of `Observation` of one version.
macro_rules! observations {
    ($version:ident) => {
        const _: () = {
            use crate::$version::{
                CodeableConcept, Observation, ObservationComponent, ObservationComponentValue,
                ObservationValue, Quantity,
            };

            impl Observation {
                /// The value, if it is a quantity.
                ///
                /// ```
                #[doc = concat!("use hygea_fhir_model::", stringify!($version), "::{Observation, Quantity};")]
                ///
                /// let observation = Observation { value: Some(Quantity::of(72, "/min").into()), ..Observation::default() };
                /// assert_eq!(observation.value_as_quantity().unwrap().to_string(), "72 /min");
                /// ```
                #[must_use]
                pub fn value_as_quantity(&self) -> Option<&Quantity> {
                    if let Some(ObservationValue::Quantity(value)) = &self.value { Some(value) } else { None }
                }

                /// The value, if it is a concept.
                #[must_use]
                pub fn value_as_concept(&self) -> Option<&CodeableConcept> {
                    if let Some(ObservationValue::CodeableConcept(value)) = &self.value {
                        Some(value)
                    } else {
                        None
                    }
                }

                /// The value, if it is a string.
                #[must_use]
                pub fn value_as_text(&self) -> Option<&str> {
                    if let Some(ObservationValue::String(value)) = &self.value { Some(value) } else { None }
                }

                /// The first component of a code: the systolic pressure of a blood pressure.
                #[must_use]
                pub fn component(&self, system: &str, code: &str) -> Option<&ObservationComponent> {
                    self.component.iter().find(|component| {
                        component.code.as_ref().is_some_and(|concept| concept.has(system, code))
                    })
                }
            }

            impl ObservationComponent {
                /// The value, if it is a quantity.
                #[must_use]
                pub fn value_as_quantity(&self) -> Option<&Quantity> {
                    if let Some(ObservationComponentValue::Quantity(value)) = &self.value {
                        Some(value)
                    } else {
                        None
                    }
                }

                /// The value, if it is a concept.
                #[must_use]
                pub fn value_as_concept(&self) -> Option<&CodeableConcept> {
                    if let Some(ObservationComponentValue::CodeableConcept(value)) = &self.value {
                        Some(value)
                    } else {
                        None
                    }
                }
            }
        };
    };
}

super::each_version!(observations);
