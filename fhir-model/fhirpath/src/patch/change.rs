//! Changes of the JSON tree, by the types of the tables: an element of FHIR may be an item of an array, a member,
//! or a primitive in two members, one for its value and one for its id and extensions.

use super::Fault;
use hygea_fhir_model::ErrorKind;
use hygea_fhir_model::element::{Element, JsonElement};
use hygea_fhir_model::json::{Kind, Node};
use hygea_fhir_model::patch::Draft;
use hygea_fhir_model::schema::{FieldDef, FieldType, PrimitiveKind, Schema, TypeDef, TypeKind};
use std::borrow::Cow;

type Members<'d> = Vec<(Cow<'d, str>, Draft<'d>)>;

/// A step from a value to one inside of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token<'d> {
    Member(&'d str),
    Item(usize),
}

/// Where an element stands.
pub(super) struct Place<'d> {
    /// The way to the object that holds it.
    owner: Vec<Token<'d>>,
    /// The member, without underscore.
    member: &'d str,
    /// Its number in the list that the member is.
    pub(super) item: Option<usize>,
    /// The items of that list.
    pub(super) count: usize,
    values: Option<Node<'d>>,
    extras: Option<Node<'d>>,
    /// What the member means.
    field: Option<(&'static FieldDef, &'static FieldType)>,
    definition: Option<&'static TypeDef>,
}

impl<'d> Place<'d> {
    pub(super) fn of(
        root: Node<'d>,
        element: JsonElement<'d>,
        schema: &'static Schema,
    ) -> Result<Self, Fault> {
        let node = element.node().or_else(|| element.extra());
        let mut owner = node.and_then(|node| way(root, node)).unwrap_or_default();
        let item = match owner.last() {
            Some(Token::Item(item)) => {
                let item = *item;
                owner.pop();
                Some(item)
            }
            _ => None,
        };
        let Some(Token::Member(name)) = owner.pop() else {
            return Err(Fault::new(ErrorKind::WrongType, "the path selects the resource itself"));
        };
        let member = name.strip_prefix('_').unwrap_or(name);
        let mut object = root;
        let mut definition = resource_type(root, schema);
        for token in &owner {
            let next = match token {
                Token::Member(name) => {
                    let bare = name.strip_prefix('_').unwrap_or(name);
                    definition = definition
                        .and_then(|known| known.field_for_json(bare))
                        .map(|(_, found)| found.definition());
                    object.get(name)
                }
                Token::Item(item) => object.at(*item),
            };
            let Some(next) = next else { break };
            object = next;
            if definition.is_some_and(TypeDef::is_resource) && object.is_object() {
                definition = resource_type(object, schema);
            }
        }
        let field = definition.and_then(|definition| definition.field_for_json(member));
        let values = object.get(member);
        let extras = object.get(&format!("_{member}"));
        let count =
            values.map_or(0, Node::len).max(extras.filter(|node| node.is_array()).map_or(0, Node::len));
        Ok(Self { owner, member, item, count, values, extras, field, definition })
    }

    /// Whether the item at an index of the list is the element.
    pub(super) fn holds(&self, index: usize, element: JsonElement<'d>) -> bool {
        let at = |list: Option<Node<'d>>| list.and_then(|list| list.at(index));
        match (element.node(), element.extra()) {
            (Some(node), _) => at(self.values) == Some(node),
            (None, Some(extra)) => at(self.extras) == Some(extra),
            (None, None) => false,
        }
    }
}

fn resource_type(node: Node<'_>, schema: &'static Schema) -> Option<&'static TypeDef> {
    node.get("resourceType").and_then(Node::as_str).and_then(|name| schema.resource(name))
}

/// The way from a value to one inside of it. The numbers of nodes grow in the order of the document, so that at each
/// level the last child that does not start behind the target holds it.
fn way<'d>(root: Node<'d>, target: Node<'d>) -> Option<Vec<Token<'d>>> {
    let mut tokens = Vec::new();
    let mut node = root;
    while node != target {
        let members = node.members().map(|(name, child)| (Token::Member(name), child));
        let items = node.items().enumerate().map(|(index, child)| (Token::Item(index), child));
        let before = |(_, child): &(Token<'d>, Node<'d>)| child.index() <= target.index();
        let (token, child) = members.chain(items).take_while(before).last()?;
        tokens.push(token);
        node = child;
    }
    Some(tokens)
}

/// A value that a patch brings: for a primitive its value and its id and extensions.
struct New<'d> {
    value: Option<Draft<'d>>,
    extra: Option<Draft<'d>>,
    /// The kind of the value, for a primitive that has one.
    kind: Option<Kind>,
    given: Given,
}

/// What a patch says of the type of its value.
enum Given {
    /// The type in the name of the member: `Quantity` of `valueQuantity`.
    Named(String),
    /// Parts, whose type is that of the element they are for.
    Parts,
    Resource,
}

pub(super) fn add<'d>(
    draft: &mut Draft<'d>,
    root: Node<'d>,
    element: JsonElement<'d>,
    name: &str,
    part: Node<'d>,
) -> Result<(), Fault> {
    let definition = element.definition().ok_or_else(unknown)?;
    // A primitive takes an id or an extension beside its value.
    let holder = if definition.kind() == TypeKind::Primitive { element.extra() } else { element.node() };
    let Some(holder) = holder else {
        return Err(Fault::new(
            ErrorKind::WrongType,
            "the path selects a primitive without id and extensions; replace it",
        ));
    };
    let tokens = way(root, holder).ok_or_else(unknown)?;
    let members = object_at(draft, &tokens).ok_or_else(unknown)?;
    put(members, definition, name, part)
}

pub(super) fn insert<'d>(
    draft: &mut Draft<'d>,
    place: &Place<'d>,
    at: usize,
    part: Node<'d>,
) -> Result<(), Fault> {
    let (field, kind) = place.field.ok_or_else(unknown)?;
    let new = read(part, Some(kind.definition()))?;
    check_type(&new, field, kind)?;
    let members = object_at(draft, &place.owner).ok_or_else(unknown)?;
    insert_item(members, place.member, Some(at), new)
}

pub(super) fn replace<'d>(draft: &mut Draft<'d>, place: &Place<'d>, part: Node<'d>) -> Result<(), Fault> {
    let (field, kind) = place.field.ok_or_else(unknown)?;
    let new = read(part, Some(kind.definition()))?;
    let name = if field.is_choice() {
        let definition = place.definition.ok_or_else(unknown)?;
        let (name, kind) = resolve(definition, field.name(), &new)?;
        check_type(&new, field, kind)?;
        name
    } else {
        check_type(&new, field, kind)?;
        Cow::Borrowed(place.member)
    };
    let members = object_at(draft, &place.owner).ok_or_else(unknown)?;
    if let Some(item) = place.item {
        remove_item(members, place.member, item)?;
        return insert_item(members, place.member, Some(item), new);
    }
    let under = format!("_{}", place.member);
    let old = |name: &str| name == place.member || name == under;
    let at = members.iter().position(|(name, _)| old(name)).unwrap_or(members.len());
    members.retain(|(name, _)| !old(name));
    let at = at.min(members.len());
    if let Some(extra) = new.extra {
        members.insert(at, (Cow::Owned(format!("_{name}")), extra));
    }
    if let Some(value) = new.value {
        members.insert(at, (Cow::Owned(name.into_owned()), value));
    }
    Ok(())
}

pub(super) fn delete<'d>(draft: &mut Draft<'d>, place: &Place<'d>) {
    if let Some(members) = object_at(draft, &place.owner) {
        match place.item {
            Some(item) => drop(remove_item(members, place.member, item)),
            None => {
                let under = format!("_{}", place.member);
                members.retain(|(name, _)| *name != place.member && *name != under);
            }
        }
    }
    // What is empty now is no element any more, and what held only that neither.
    let mut owner = place.owner.as_slice();
    while !owner.is_empty() && object_at(draft, owner).is_some_and(|members| members.is_empty()) {
        match owner {
            [above @ .., Token::Member(list), Token::Item(item)] => {
                if let Some(members) = object_at(draft, above) {
                    drop_item(members, list, *item);
                }
                owner = above;
            }
            [above @ .., Token::Member(name)] => {
                if let Some(members) = object_at(draft, above) {
                    members.retain(|(known, _)| known != name);
                }
                owner = above;
            }
            _ => break,
        }
    }
}

pub(super) fn shift<'d>(
    draft: &mut Draft<'d>,
    place: &Place<'d>,
    source: usize,
    destination: usize,
) -> Result<(), Fault> {
    let members = object_at(draft, &place.owner).ok_or_else(unknown)?;
    let new = remove_item(members, place.member, source)?;
    insert_item(members, place.member, Some(destination), new)
}

/// The object at the end of a way.
fn object_at<'t, 'd>(draft: &'t mut Draft<'d>, tokens: &[Token<'d>]) -> Option<&'t mut Members<'d>> {
    let mut found = draft;
    for token in tokens {
        found = match token {
            Token::Member(name) => &mut found.members_mut()?.iter_mut().find(|(known, _)| known == name)?.1,
            Token::Item(item) => found.items_mut()?.get_mut(*item)?,
        };
    }
    found.members_mut()
}

/// Puts a value under a name into an object: behind the others of a list, or where nothing stands yet.
fn put<'d>(
    members: &mut Members<'d>,
    definition: &'static TypeDef,
    name: &str,
    part: Node<'d>,
) -> Result<(), Fault> {
    let name = name.strip_suffix("[x]").unwrap_or(name);
    let field = definition.field(name).or_else(|| definition.field_for_json(name).map(|(field, _)| field));
    let field =
        field.ok_or_else(|| Fault::new(ErrorKind::UnknownElement, "the type has no element of that name"))?;
    let only = if field.is_choice() { None } else { field.types().first().map(FieldType::definition) };
    let new = read(part, only)?;
    let (name, kind) = resolve(definition, name, &new)?;
    check_type(&new, field, kind)?;
    if field.is_list() {
        return insert_item(members, &name, None, new);
    }
    let taken = |known: &str| {
        let bare = known.strip_prefix('_').unwrap_or(known);
        definition.field_for_json(bare).is_some_and(|(other, _)| std::ptr::eq(other, field))
    };
    if members.iter().any(|(known, _)| taken(known)) {
        return Err(Fault::new(ErrorKind::TooMany, "the element is there already; replace it"));
    }
    if let Some(value) = new.value {
        members.push((Cow::Owned(name.to_string()), value));
    }
    if let Some(extra) = new.extra {
        members.push((Cow::Owned(format!("_{name}")), extra));
    }
    Ok(())
}

/// The member that holds the element `name`, and the type that it has there.
fn resolve(
    definition: &'static TypeDef,
    name: &str,
    new: &New<'_>,
) -> Result<(Cow<'static, str>, &'static FieldType), Fault> {
    let Some(field) = definition.field(name) else {
        let (_, kind) = definition.field_for_json(name).ok_or_else(unknown)?;
        return Ok((Cow::Borrowed(kind.json_name()), kind));
    };
    let kind = match (&new.given, field.is_choice()) {
        (_, false) => field.types().first(),
        (Given::Named(given), true) => {
            field.types().iter().find(|kind| kind.json_name().strip_prefix(name) == Some(given))
        }
        (_, true) => None,
    };
    let kind =
        kind.ok_or_else(|| Fault::new(ErrorKind::WrongType, "the element cannot have a value of that type"))?;
    Ok((Cow::Borrowed(kind.json_name()), kind))
}

/// That an element may hold the value. Primitives pass for each other where JSON writes them alike, as the path of
/// a patch knows no code from a string.
fn check_type(new: &New<'_>, field: &FieldDef, kind: &'static FieldType) -> Result<(), Fault> {
    let definition = kind.definition();
    let good = match (&new.given, definition.kind()) {
        (Given::Resource, kind) => kind == TypeKind::Resource,
        (Given::Parts, kind) => matches!(kind, TypeKind::Complex | TypeKind::Backbone),
        (Given::Named(_), TypeKind::Primitive) => match new.kind {
            Some(kind) => kind == json_kind(definition),
            None => new.value.is_none(),
        },
        (Given::Named(given), TypeKind::Complex) => {
            definition.schema().type_named(given).is_some_and(|given| {
                given.kind() != TypeKind::Primitive
                    && (given.is_subtype_of(definition) || definition.is_subtype_of(given))
            })
        }
        (Given::Named(_), _) => false,
    };
    if good {
        return Ok(());
    }
    Err(Fault::new(ErrorKind::WrongType, format!("the element {} holds {}", field.name(), definition.name())))
}

fn json_kind(definition: &TypeDef) -> Kind {
    match definition.primitive() {
        Some(PrimitiveKind::Boolean) => Kind::Bool,
        Some(
            PrimitiveKind::Integer
            | PrimitiveKind::PositiveInt
            | PrimitiveKind::UnsignedInt
            | PrimitiveKind::Decimal,
        ) => Kind::Number,
        _ => Kind::String,
    }
}

/// The value of a part; `definition` is the type that parts of the part are for.
fn read<'d>(part: Node<'d>, definition: Option<&'static TypeDef>) -> Result<New<'d>, Fault> {
    if let Some(resource) = part.get("resource") {
        return Ok(New {
            value: Some(Draft::from(resource)),
            extra: None,
            kind: None,
            given: Given::Resource,
        });
    }
    let named = part.members().find_map(|(name, node)| Some((name.strip_prefix("value")?, node)));
    let beside = part.members().find_map(|(name, node)| Some((name.strip_prefix("_value")?, node)));
    match (named, beside) {
        (Some((suffix, value)), beside) => {
            let extra = beside.filter(|(other, _)| *other == suffix).map(|(_, extra)| Draft::from(extra));
            let kind = match value.kind() {
                Kind::Array | Kind::Null => {
                    return Err(Fault::new(ErrorKind::WrongType, "the value of a part is one value"));
                }
                Kind::Object => None,
                kind => Some(kind),
            };
            let given = Given::Named(suffix.to_owned());
            Ok(New { value: Some(Draft::from(value)), extra, kind, given })
        }
        (None, Some((suffix, extra))) => {
            let given = Given::Named(suffix.to_owned());
            Ok(New { value: None, extra: Some(Draft::from(extra)), kind: None, given })
        }
        (None, None) => {
            let parts = part.get("part").ok_or_else(|| {
                Fault::new(ErrorKind::MissingElement, "the part \"value\" needs a value or parts of its own")
            })?;
            let definition = definition.ok_or_else(|| {
                Fault::new(ErrorKind::WrongType, "a choice cannot be put together from parts")
            })?;
            let mut members = Members::new();
            for part in parts.items() {
                let name = part.get("name").and_then(Node::as_str);
                let name =
                    name.ok_or_else(|| Fault::new(ErrorKind::MissingElement, "a part needs a name"))?;
                put(&mut members, definition, name, part)?;
            }
            if members.is_empty() {
                return Err(Fault::new(ErrorKind::Empty, "the value has no parts"));
            }
            Ok(New { value: Some(Draft::Object(members)), extra: None, kind: None, given: Given::Parts })
        }
    }
}

/// The items of the arrays of a list: values, and ids and extensions.
fn lists<'t, 'd>(members: &'t mut Members<'d>, name: &str) -> [Option<&'t mut Vec<Draft<'d>>>; 2] {
    let mut found = [None, None];
    for (known, value) in members {
        let slot = match known.strip_prefix('_') {
            Some(bare) if bare == name => 1,
            None if known == name => 0,
            _ => continue,
        };
        if let (Some(slot), Some(items)) = (found.get_mut(slot), value.items_mut()) {
            *slot = Some(items);
        }
    }
    found
}

fn length(members: &mut Members<'_>, name: &str) -> usize {
    lists(members, name).into_iter().flatten().map(|items| items.len()).max().unwrap_or(0)
}

/// Puts a value into a list; without a place behind the others.
fn insert_item<'d>(
    members: &mut Members<'d>,
    name: &str,
    at: Option<usize>,
    new: New<'d>,
) -> Result<(), Fault> {
    let length = length(members, name);
    let at = at.unwrap_or(length);
    let under = format!("_{name}");
    for (name, value) in [(name, new.value), (&under, new.extra)] {
        let there = members.iter_mut().find(|(known, _)| known == name);
        let items = match (there, &value) {
            (None, None) => continue,
            (Some((_, list)), _) => list.items_mut().ok_or_else(|| {
                Fault::new(ErrorKind::WrongType, "the element is a list and stands there as none")
            })?,
            (None, Some(_)) => {
                members.push((Cow::Owned(name.to_owned()), Draft::Array(Vec::new())));
                match members.last_mut() {
                    Some((_, Draft::Array(items))) => items,
                    _ => continue,
                }
            }
        };
        // Nulls keep values and extensions in step.
        while items.len() < at {
            items.push(Draft::Null);
        }
        // Ids and extensions may be fewer than values, but where they are as many they stay as many.
        if value.is_some() || items.len() > at || items.len() == length {
            items.insert(at, value.unwrap_or(Draft::Null));
        }
    }
    Ok(())
}

/// Takes an item out of a list, and the list with its last item.
fn remove_item<'d>(members: &mut Members<'d>, name: &str, at: usize) -> Result<New<'d>, Fault> {
    let take = |items: Option<&mut Vec<Draft<'d>>>| {
        let items = items.filter(|items| at < items.len())?;
        Some(items.remove(at)).filter(|item| item.kind() != Kind::Null)
    };
    let [values, extras] = lists(members, name);
    let (value, extra) = (take(values), take(extras));
    if value.is_none() && extra.is_none() {
        return Err(unknown());
    }
    drop_hollow(members, name);
    let kind = value.as_ref().map(Draft::kind);
    Ok(New { value, extra, kind, given: Given::Parts })
}

/// Takes out an item that became empty: from a list of objects, or from the ids and extensions of primitives.
fn drop_item(members: &mut Members<'_>, list: &str, at: usize) {
    let Some(bare) = list.strip_prefix('_') else {
        drop(remove_item(members, list, at));
        return;
    };
    let [values, extras] = lists(members, bare);
    let has_value = values.is_some_and(|items| items.get(at).is_some_and(|item| item.kind() != Kind::Null));
    if let Some(slot) = extras.and_then(|items| items.get_mut(at)) {
        *slot = Draft::Null;
    }
    if !has_value {
        for items in lists(members, bare).into_iter().flatten().filter(|items| at < items.len()) {
            items.remove(at);
        }
    }
    drop_hollow(members, bare);
}

/// Leaves out the arrays of a list that hold nothing but nulls.
fn drop_hollow(members: &mut Members<'_>, name: &str) {
    let hollow = |value: &Draft<'_>| match value {
        Draft::Array(items) => items.iter().all(|item| item.kind() == Kind::Null),
        _ => false,
    };
    members.retain(|(known, value)| {
        let bare = known.strip_prefix('_').unwrap_or(known);
        bare != name || !hollow(value)
    });
}

fn unknown() -> Fault {
    Fault::new(ErrorKind::UnknownElement, "the tables do not define the element")
}
