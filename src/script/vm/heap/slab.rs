//! Objects of one kind, by number.
//!
//! Invariant: a freed number is used again before a new one is given, the last freed one first.

/// Objects of one kind.
#[derive(Clone, Debug)]
pub struct Slab<T> {
    items: Vec<Option<T>>,
    free: Vec<u32>,
    marked: Vec<bool>,
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Self { items: Vec::new(), free: Vec::new(), marked: Vec::new() }
    }
}

impl<T> Slab<T> {
    /// With room for so many objects.
    pub fn with_room(count: usize) -> Self {
        Self { items: Vec::with_capacity(count), free: Vec::new(), marked: Vec::with_capacity(count) }
    }

    /// Takes an object in.
    pub fn put(&mut self, item: T) -> u32 {
        match self.free.pop() {
            Some(at) => {
                if let Some(place) = self.items.get_mut(at as usize) {
                    *place = Some(item);
                }
                at
            }
            None => {
                self.items.push(Some(item));
                self.marked.push(false);
                (self.items.len() - 1) as u32
            }
        }
    }

    /// The object of that number.
    #[inline]
    pub fn get(&self, at: u32) -> Option<&T> {
        self.items.get(at as usize)?.as_ref()
    }

    /// The same to change it.
    #[inline]
    pub fn get_mut(&mut self, at: u32) -> Option<&mut T> {
        self.items.get_mut(at as usize)?.as_mut()
    }

    /// Marks it; true if it was not yet.
    pub(super) fn mark(&mut self, at: u32) -> bool {
        self.marked.get_mut(at as usize).is_some_and(|mark| !std::mem::replace(mark, true))
    }

    pub(super) fn sweep(&mut self, mut freed: impl FnMut(&T)) {
        for (at, (item, mark)) in self.items.iter_mut().zip(&mut self.marked).enumerate() {
            if !std::mem::take(mark)
                && let Some(dead) = item.take()
            {
                freed(&dead);
                self.free.push(at as u32);
            }
        }
    }

    /// Those that a sweep would free.
    pub(super) fn unmarked(&self) -> impl Iterator<Item = &T> {
        self.items.iter().zip(&self.marked).filter(|(_, is_marked)| !**is_marked).filter_map(|(item, _)| item.as_ref())
    }

    /// Numbers that were ever given.
    pub(super) fn places(&self) -> usize {
        self.items.len()
    }

    /// Objects that were made and not freed.
    pub fn count(&self) -> usize {
        self.items.len() - self.free.len()
    }
}
