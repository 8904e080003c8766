//! What the generator leaves to macros: the impls that only list fields, types and codes.

/// Implements [`Structure`](crate::typed::Structure) and the usual traits. The module must import `TYPES`, the
/// version's types, and `Element`.
macro_rules! structure {
    ($name:ident = $definition:literal; $($index:literal $field:ident,)*) => {
        impl $name {
            /// The id and extensions of a primitive element, by its name in JSON; in a list, those of the first.
            #[must_use]
            #[inline]
            pub fn extra(&self, member: &str) -> Option<&Element> {
                self.extras.at($crate::typed::place_of(&TYPES[$definition], member, 0)?)
            }

            /// As [`Self::extra`], for a primitive of a list.
            #[must_use]
            #[inline]
            pub fn extra_at(&self, member: &str, index: usize) -> Option<&Element> {
                self.extras.at($crate::typed::place_of(&TYPES[$definition], member, index)?)
            }

            /// The id and extensions of a primitive element, made if there are none; nothing if the type has
            /// no primitive element of the name.
            #[inline]
            pub fn extra_mut(&mut self, member: &str, index: usize) -> Option<&mut Element> {
                Some(self.extras.at_mut($crate::typed::place_of(&TYPES[$definition], member, index)?))
            }

            /// The first extension of the URL.
            #[must_use]
            #[inline]
            pub fn extension(&self, url: &str) -> Option<&Extension> {
                $crate::typed::extension(self, url)
            }
        }

        impl $crate::typed::Structure for $name {
            fn definition(&self) -> &'static $crate::schema::TypeDef {
                &TYPES[$definition]
            }

            fn slot(&mut self, field: usize) -> $crate::typed::Slot<'_> {
                match field {
                    $($index => $crate::typed::Field::slot(&mut self.$field),)*
                    _ => $crate::typed::Slot::None,
                }
            }

            fn held(&self, field: usize) -> $crate::typed::Held<'_> {
                match field {
                    $($index => $crate::typed::Field::held(&self.$field),)*
                    _ => $crate::typed::Held::Nothing,
                }
            }

            fn present(&self) -> u64 {
                0 $(| u64::from($crate::typed::Field::is_held(&self.$field)) << $index)*
            }

            fn extras(&self) -> &dyn $crate::typed::AnyExtras {
                &self.extras
            }

            fn extras_mut(&mut self) -> &mut dyn $crate::typed::AnyExtras {
                &mut self.extras
            }
        }

        $crate::typed::serde_impls!($name, value => value, <Self as $crate::typed::Structure>::from_json);

        impl Clone for $name {
            fn clone(&self) -> Self {
                let mut new = Self::default();
                $crate::typed::copy(self, &mut new);
                new
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                $crate::typed::equal(self, other)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                $crate::typed::debug(self, f)
            }
        }
    };
}

/// Defines the enum of a choice element. Each variant names its index in the table, then how it is held.
macro_rules! choice {
    (
        $(#[$doc:meta])*
        $name:ident {
            $($index:literal $variant:ident $how:ident $type:ty,)*
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq)]
        #[allow(missing_docs, reason = "a variant is named like the type that it holds")]
        pub enum $name {
            $($variant($crate::typed::choice!(@held $how $type)),)*
        }

        impl $crate::typed::ChoiceSlot for Option<$name> {
            fn is_taken(&self) -> bool {
                self.is_some()
            }

            fn set(&mut self, choice: usize, value: $crate::element::Primitive<'_>) -> bool {
                let new: Option<$name> = match choice {
                    $($index => $crate::typed::choice!(@set $how $name $variant value),)*
                    _ => None,
                };
                let fits = new.is_some();
                if fits {
                    *self = new;
                }
                fits
            }

            #[allow(unreachable_code, unused_variables, reason = "a choice of primitives makes no structure")]
            fn make(&mut self, choice: usize) -> Option<&mut dyn $crate::typed::Structure> {
                let new: $name = match choice {
                    $($index => $crate::typed::choice!(@make $how $name $variant),)*
                    _ => return None,
                };
                match self.insert(new) {
                    $($name::$variant(value) => $crate::typed::choice!(@structure $how value),)*
                }
            }
        }

        impl $crate::typed::Field for Option<$name> {
            fn slot(&mut self) -> $crate::typed::Slot<'_> {
                $crate::typed::Slot::Choice(self)
            }

            fn is_held(&self) -> bool {
                self.is_some()
            }

            fn held(&self) -> $crate::typed::Held<'_> {
                match self {
                    None => $crate::typed::Held::Nothing,
                    $(Some($name::$variant(value)) => $crate::typed::Held::Choice($index, $crate::typed::choice!(@item $how value)),)*
                }
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(match self {
                    $(Self::$variant(_) => stringify!($variant),)*
                })
            }
        }

        $($crate::typed::choice!(@from $how $name $variant $type);)*
    };
    (@held structure $type:ty) => { Box<$type> };
    (@held primitive $type:ty) => { $type };
    (@set structure $name:ident $variant:ident $value:ident) => {{ let _ = $value; None }};
    (@set primitive $name:ident $variant:ident $value:ident) => {
        $crate::primitive::PrimitiveValue::from_primitive($value).map($name::$variant)
    };
    (@make structure $name:ident $variant:ident) => { $name::$variant(Box::default()) };
    (@make primitive $name:ident $variant:ident) => { return None };
    (@structure structure $value:ident) => { Some(&mut **$value) };
    (@structure primitive $value:ident) => {{ let _ = $value; None }};
    (@item structure $value:ident) => { $crate::typed::Item::Structure(&**$value) };
    (@item primitive $value:ident) => {
        $crate::typed::Item::Primitive($crate::primitive::PrimitiveValue::to_primitive($value))
    };
    (@from structure $name:ident $variant:ident $type:ty) => {
        impl From<$type> for $name {
            #[inline]
            fn from(value: $type) -> Self {
                Self::$variant(Box::new(value))
            }
        }
    };
    // Several variants may hold the same Rust type, so a conversion would have to guess.
    (@from primitive $name:ident $variant:ident $type:ty) => {};
}

/// Defines the enum of a required binding.
macro_rules! codes {
    (
        $(#[$doc:meta])*
        $name:ident {
            $($(#[$variant_doc:meta])* $variant:ident = $code:literal,)*
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
            /// A code that the binding does not list; kept as it was read.
            Unlisted($crate::primitive::Code),
        }

        impl $name {
            /// The code.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $code,)*
                    Self::Unlisted(code) => code,
                }
            }
        }

        impl From<&str> for $name {
            fn from(code: &str) -> Self {
                match code {
                    $($code => Self::$variant,)*
                    _ => Self::Unlisted(code.into()),
                }
            }
        }

        impl $crate::primitive::PrimitiveValue for $name {
            fn from_primitive(value: $crate::element::Primitive<'_>) -> Option<Self> {
                if let $crate::element::Primitive::Text(code) = value { Some(Self::from(code)) } else { None }
            }

            fn to_primitive(&self) -> $crate::element::Primitive<'_> {
                $crate::element::Primitive::Text(self.as_str())
            }

            fn absent() -> Self {
                Self::Unlisted("".into())
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        /// Shows the type, not the value.
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(stringify!($name))
            }
        }

        $crate::typed::primitive_fields!($name);
    };
}

/// Defines the enum of all resources of a version. The module must import `TYPES`.
macro_rules! resources {
    ($($variant:ident = $definition:literal,)*) => {
        /// Any resource.
        #[derive(Clone, PartialEq)]
        #[allow(missing_docs, reason = "a variant is named like the resource that it holds")]
        pub enum Resource {
            $($variant(Box<$variant>),)*
            /// A resource of a type that this version does not define; all of it is kept.
            Unknown(Box<UnknownResource>),
        }

        impl Resource {
            /// An empty resource of a type; one of an unknown type for a type that is no concrete resource.
            #[must_use]
            pub fn new(definition: &'static $crate::schema::TypeDef) -> Self {
                match definition.index() {
                    $($definition => Self::$variant(Box::default()),)*
                    _ => Self::Unknown(Box::default()),
                }
            }

            /// The resource as a structure.
            #[must_use]
            pub fn as_structure(&self) -> &dyn $crate::typed::Structure {
                match self {
                    $(Self::$variant(resource) => &**resource,)*
                    Self::Unknown(resource) => &**resource,
                }
            }

            /// The resource as a structure, to be changed.
            pub fn as_structure_mut(&mut self) -> &mut dyn $crate::typed::Structure {
                match self {
                    $(Self::$variant(resource) => &mut **resource,)*
                    Self::Unknown(resource) => &mut **resource,
                }
            }
        }

        $(
            impl From<$variant> for Resource {
                #[inline]
                fn from(resource: $variant) -> Self {
                    Self::$variant(Box::new(resource))
                }
            }

            /// Gives the resource back if it is of another type.
            impl TryFrom<Resource> for $variant {
                type Error = Resource;

                #[inline]
                fn try_from(resource: Resource) -> Result<Self, Resource> {
                    if let Resource::$variant(found) = resource { Ok(*found) } else { Err(resource) }
                }
            }

            impl $crate::typed::ResourceType<Resource> for $variant {
                const NAME: &'static str = stringify!($variant);

                #[inline]
                fn of(resource: &Resource) -> Option<&Self> {
                    if let Resource::$variant(resource) = resource { Some(resource) } else { None }
                }

                #[inline]
                fn of_mut(resource: &mut Resource) -> Option<&mut Self> {
                    if let Resource::$variant(resource) = resource { Some(resource) } else { None }
                }
            }
        )*

        $crate::typed::any_resource!();
    };
}

/// What `Resource` can do in every version.
macro_rules! any_resource {
    () => {
        impl Resource {
            /// Reads a resource; what does not fit is kept aside and written back.
            ///
            /// # Errors
            /// As [`Document::parse`](crate::json::Document::parse), and
            /// [`WrongType`](crate::ErrorKind::WrongType) if it is no JSON object.
            pub fn from_json(bytes: &[u8]) -> Result<Self, $crate::Error> {
                let definition = $crate::typed::resource_name(bytes).and_then(|name| SCHEMA.resource(name));
                if let Some(definition) = definition {
                    let mut new = Self::new(definition);
                    if $crate::typed::read_fast(new.as_structure_mut(), bytes) {
                        return Ok(new);
                    }
                }
                Self::from_node($crate::json::Document::parse(bytes)?.root())
            }

            /// Reads a resource that keeps all rules of [`crate::validate::structure`].
            ///
            /// # Errors
            /// As [`Resource::from_json`], and the first broken rule.
            pub fn from_json_strict(bytes: &[u8]) -> Result<Self, $crate::Error> {
                let document = $crate::json::Document::parse(bytes)?;
                let mut new = Self::new($crate::typed::resource_of(document.root(), &SCHEMA));
                $crate::typed::read_strict(new.as_structure_mut(), document.root())?;
                Ok(new)
            }

            /// As [`Resource::from_json`], from a tree.
            ///
            /// # Errors
            /// [`WrongType`](crate::ErrorKind::WrongType) if it is no JSON object.
            pub fn from_node(node: $crate::json::Node<'_>) -> Result<Self, $crate::Error> {
                let mut new = Self::new($crate::typed::resource_of(node, &SCHEMA));
                $crate::typed::read_tolerant(new.as_structure_mut(), node)?;
                Ok(new)
            }

            /// The JSON text.
            #[must_use]
            pub fn to_json(&self) -> String {
                $crate::typed::to_json(self.as_structure())
            }

            /// Reads a resource in XML whose notation is right.
            ///
            /// # Errors
            /// As [`parse`](crate::xml::parse).
            pub fn from_xml(bytes: &[u8]) -> Result<Self, $crate::Error> {
                Self::from_node($crate::xml::parse(bytes, &SCHEMA)?.root())
            }

            /// The XML text.
            ///
            /// # Errors
            /// As [`write`](crate::xml::write): what XML cannot carry.
            pub fn to_xml(&self) -> Result<String, $crate::Error> {
                $crate::xml::of_structure(self.as_structure())
            }

            /// The type: `Patient`.
            #[must_use]
            pub fn name(&self) -> &'static str {
                self.as_structure().definition().name()
            }

            /// The id.
            #[must_use]
            pub fn id(&self) -> Option<&str> {
                $crate::typed::text(self.as_structure(), "id")
            }

            /// The metadata.
            #[must_use]
            pub fn meta(&self) -> Option<&Meta> {
                $crate::typed::child(self.as_structure(), "meta")
            }

            /// The first extension of the URL.
            #[must_use]
            pub fn extension(&self, url: &str) -> Option<&Extension> {
                $crate::typed::extension(self.as_structure(), url)
            }

            /// The resource as one type.
            #[must_use]
            pub fn as_type<T: $crate::typed::ResourceType<Self>>(&self) -> Option<&T> {
                T::of(self)
            }
        }

        $crate::typed::serde_impls!(Resource, value => value.as_structure(), Self::from_json);

        impl $crate::typed::StructureSlot for Option<Resource> {
            fn make(
                &mut self,
                definition: &'static $crate::schema::TypeDef,
            ) -> Option<&mut dyn $crate::typed::Structure> {
                if self.is_some() {
                    return None;
                }
                Some(self.insert(Resource::new(definition)).as_structure_mut())
            }
        }

        impl $crate::typed::StructureList for Vec<Resource> {
            fn len(&self) -> usize {
                Self::len(self)
            }

            fn at(&self, index: usize) -> Option<&dyn $crate::typed::Structure> {
                self.get(index).map(Resource::as_structure)
            }

            fn item(&self, index: usize) -> Option<&dyn std::any::Any> {
                self.get(index).map(|item| -> &dyn std::any::Any { item })
            }

            fn push(
                &mut self,
                definition: &'static $crate::schema::TypeDef,
            ) -> Option<&mut dyn $crate::typed::Structure> {
                Self::push(self, Resource::new(definition));
                self.last_mut().map(Resource::as_structure_mut)
            }

            fn reserve(&mut self, count: usize) {
                self.reserve_exact(count);
            }

            fn shrink(&mut self) {
                self.shrink_to_fit();
            }

            fn clear(&mut self) {
                Self::clear(self);
            }
        }

        impl $crate::typed::Field for Option<Resource> {
            fn slot(&mut self) -> $crate::typed::Slot<'_> {
                $crate::typed::Slot::Structure(self)
            }

            fn is_held(&self) -> bool {
                self.is_some()
            }

            fn held(&self) -> $crate::typed::Held<'_> {
                match self {
                    Some(resource) => {
                        $crate::typed::Held::One($crate::typed::Item::Structure(resource.as_structure()))
                    }
                    None => $crate::typed::Held::Nothing,
                }
            }
        }

        impl $crate::typed::Field for Vec<Resource> {
            fn slot(&mut self) -> $crate::typed::Slot<'_> {
                $crate::typed::Slot::Structures(self)
            }

            fn is_held(&self) -> bool {
                !self.is_empty()
            }

            fn held(&self) -> $crate::typed::Held<'_> {
                if self.is_empty() {
                    $crate::typed::Held::Nothing
                } else {
                    $crate::typed::Held::Structures(self)
                }
            }
        }

        impl std::fmt::Debug for Resource {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                $crate::typed::debug(self.as_structure(), f)
            }
        }
    };
}

/// Implements serde's traits for a type that has `from_json`; nothing without the feature.
#[cfg(feature = "serde")]
macro_rules! serde_impls {
    ($name:ident, $value:ident => $structure:expr, $read:expr) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let $value = self;
                $crate::typed::serialize($structure, serializer)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::typed::deserialize(deserializer, $read)
            }
        }
    };
}

#[cfg(not(feature = "serde"))]
macro_rules! serde_impls {
    ($($unused:tt)*) => {};
}

/// Calls a macro with the module of each version that is built in.
macro_rules! each_version {
    ($methods:ident) => {
        #[cfg(feature = "dstu2")]
        $methods!(dstu2);
        #[cfg(feature = "stu3")]
        $methods!(stu3);
        #[cfg(feature = "r4")]
        $methods!(r4);
        #[cfg(feature = "r4b")]
        $methods!(r4b);
        #[cfg(feature = "r5")]
        $methods!(r5);
    };
}

pub(crate) use {any_resource, choice, codes, each_version, resources, serde_impls, structure};
