//! Where in a resource a fault is.

/// A place in the resource, linked to the one that holds it; its text is put together when a fault needs it.
#[derive(Clone, Copy)]
pub(super) struct Place<'p> {
    pub(super) parent: Option<&'p Self>,
    pub(super) name: &'p str,
    pub(super) index: Option<usize>,
}

impl<'p> Place<'p> {
    pub(super) fn child(&'p self, name: &'p str) -> Self {
        Self { parent: Some(self), name, index: None }
    }

    pub(super) fn at(self, index: usize) -> Self {
        Self { index: Some(index), ..self }
    }

    pub(super) fn expression(&self) -> String {
        let mut text = self.parent.map_or_else(String::new, Self::expression);
        if !text.is_empty() {
            text.push('.');
        }
        // A name that the resource made up: kept short, and free of what a path cannot hold.
        let letters = self.name.chars().take(64);
        text.extend(
            letters.map(|letter| if letter.is_alphanumeric() || letter == '_' { letter } else { '?' }),
        );
        if let Some(index) = self.index {
            text.push_str(&format!("[{index}]"));
        }
        text
    }
}
