//! References, and the Bundles and contained resources in which they are looked up
//! (<https://hl7.org/fhir/R4/references.html>, <https://hl7.org/fhir/R4/bundle.html#references>).

/// Methods of `Reference`, `Bundle` and `Meta` of one version.
macro_rules! bundles {
    ($version:ident) => {
        const _: () = {
            use crate::primitive::{LiteralReference, Target};
            use crate::typed::ResourceType;
            use crate::$version::{Bundle, BundleEntry, Meta, Reference, Resource};

            impl Reference {
                /// A relative reference to a resource.
                ///
                /// ```
                #[doc = concat!("use hygea_fhir_model::{primitive::Target, ", stringify!($version), "::Reference};")]
                ///
                /// let reference = Reference::to("Patient", "7");
                /// assert_eq!(reference.reference.as_deref(), Some("Patient/7"));
                /// assert_eq!(reference.target().and_then(Target::id), Some("7"));
                /// ```
                #[must_use]
                pub fn to(type_: &str, id: &str) -> Self {
                    Self { reference: Some(format!("{type_}/{id}").into()), ..Self::default() }
                }

                /// A reference to a resource that the same one contains.
                #[must_use]
                pub fn to_contained(id: &str) -> Self {
                    Self { reference: Some(format!("#{id}").into()), ..Self::default() }
                }

                /// What the literal reference points to; nothing if there is none, or none that can be read.
                #[must_use]
                pub fn target(&self) -> Option<Target<'_>> {
                    self.reference.as_ref().and_then(LiteralReference::target)
                }

                /// The contained resource that the reference points to, among those that stand around it.
                #[must_use]
                pub fn contained<'r>(&self, contained: &'r [Resource]) -> Option<&'r Resource> {
                    let Some(Target::Contained(id)) = self.target() else { return None };
                    contained.iter().find(|resource| !id.is_empty() && resource.id() == Some(id))
                }
            }

            impl Bundle {
                /// The resources of all entries.
                pub fn resources(&self) -> impl Iterator<Item = &Resource> {
                    self.entry.iter().filter_map(|entry| entry.resource.as_ref())
                }

                /// The resources of one type.
                ///
                /// ```
                #[doc = concat!("use hygea_fhir_model::", stringify!($version), "::{Bundle, BundleEntry, Patient};")]
                ///
                /// let entry = BundleEntry { resource: Some(Patient::default().into()), ..BundleEntry::default() };
                /// let bundle = Bundle { entry: vec![entry], ..Bundle::default() };
                /// assert_eq!(bundle.entries_of::<Patient>().count(), 1);
                /// ```
                pub fn entries_of<T: ResourceType<Resource> + 'static>(&self) -> impl Iterator<Item = &T> {
                    self.resources().filter_map(T::of)
                }

                /// The address of a link: `self`, `next`.
                #[must_use]
                pub fn link(&self, relation: &str) -> Option<&str> {
                    let found = |link: &&crate::$version::BundleLink| {
                        link.relation.as_ref().is_some_and(|found| found.as_str() == relation)
                    };
                    self.link.iter().find(found).and_then(|link| link.url.as_deref())
                }

                /// The entry that a reference points to. `from` is the full URL of the entry that holds the
                /// reference: a relative reference means a resource of the same server. Without it, and where
                /// that server is not known, the first entry of the type and id counts.
                ///
                /// ```
                #[doc = concat!("use hygea_fhir_model::{typed::Structure, ", stringify!($version), "::{Bundle, Reference}};")]
                ///
                /// let json = br#"{"resourceType":"Bundle","entry":[{"fullUrl":"http://a/Patient/1","resource":{"resourceType":"Patient","id":"1"}}]}"#;
                /// let bundle = Bundle::from_json(json).unwrap();
                /// assert!(bundle.resolve(&Reference::to("Patient", "1"), Some("http://a/Group/2")).is_some());
                /// assert!(bundle.resolve(&Reference::to("Patient", "1"), Some("http://b/Group/2")).is_none());
                /// ```
                #[must_use]
                pub fn resolve(&self, reference: &Reference, from: Option<&str>) -> Option<&BundleEntry> {
                    let mut full_urls = self.entry.iter().filter(|entry| entry.full_url.is_some());
                    let (base, type_, id, version) = match reference.target()? {
                        Target::Resource { base, type_, id, version } => (base, type_, id, version),
                        Target::Urn(url) | Target::Url(url) => {
                            return full_urls.find(|entry| entry.full_url.as_deref() == Some(url));
                        }
                        Target::Contained(_) => return None,
                    };
                    let from = from.and_then(Target::of).and_then(|from| match from {
                        Target::Resource { base, .. } => base,
                        _ => None,
                    });
                    let server = base.or(from);
                    self.entry.iter().find(|entry| {
                        let resource = entry.resource.as_ref();
                        let held = resource.and_then(Resource::meta).and_then(|meta| meta.version_id.as_deref());
                        if version.is_some() && version != held {
                            return false;
                        }
                        match (server, entry.full_url.as_deref().and_then(Target::of)) {
                            (Some(server), Some(Target::Resource { base: Some(base), type_: own, id: own_id, .. })) => {
                                server == base && own == type_ && own_id == id
                            }
                            (Some(_), _) => false,
                            (None, _) => {
                                resource.is_some_and(|found| found.name() == type_ && found.id() == Some(id))
                            }
                        }
                    })
                }
            }

            impl Meta {
                /// Whether it has the tag.
                ///
                /// ```
                #[doc = concat!("use hygea_fhir_model::", stringify!($version), "::{Coding, Meta};")]
                ///
                /// let meta = Meta {
                ///     tag: vec![Coding::new("urn:tags", "draft")],
                ///     profile: vec!["http://example.org/p|1.0".into()],
                ///     ..Meta::default()
                /// };
                /// assert!(meta.has_tag("urn:tags", "draft") && meta.has_profile("http://example.org/p"));
                /// ```
                #[must_use]
                pub fn has_tag(&self, system: &str, code: &str) -> bool {
                    self.tag.iter().any(|coding| coding.is(system, code))
                }

                /// Whether it has the security label.
                #[must_use]
                pub fn has_security(&self, system: &str, code: &str) -> bool {
                    self.security.iter().any(|coding| coding.is(system, code))
                }

                /// Whether it claims the profile: of any version unless `url` names one.
                #[must_use]
                pub fn has_profile(&self, url: &str) -> bool {
                    let same = |profile: &str| profile == url || profile.split('|').next() == Some(url);
                    self.profile.iter().any(|profile| same(profile))
                }
            }
        };
    };
}

super::each_version!(bundles);
