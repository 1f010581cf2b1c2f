//! Images of the state that are alive, and how many bytes are kept for them alone: what was replaced or removed since they were taken is freed with
//! them, not before. Eviction does not go by those bytes, because evicting frees none of them while a snapshot is being written.
//!
//! Invariant: what is displaced while images are alive is kept until all of those are gone. Each image begins a run of displaced bytes; a run counts
//! until its image and all before it are gone. It is never less than what is kept for images, but for values that are changed in part.

use std::collections::VecDeque;
use std::sync::Arc;

use parking_lot::Mutex;

/// See the module's header. No part of the state.
#[derive(Debug, Default)]
pub struct Images(Mutex<VecDeque<(Arc<()>, u64)>>);

impl Images {
    /// Notes an image, which holds what this returns for as long as it lives.
    pub(super) fn begin(&self) -> Arc<()> {
        let image = Arc::new(());
        self.0.lock().push_back((image.clone(), 0));
        image
    }

    /// Notes that so many bytes were displaced that an image shares.
    pub fn keep(&self, bytes: u64) {
        if bytes > 0
            && let Some((_, kept)) = self.0.lock().back_mut()
        {
            *kept += bytes;
        }
    }

    /// Bytes that are kept for images.
    pub fn kept_bytes(&self) -> u64 {
        let mut runs = self.0.lock();
        while runs.front().is_some_and(|(image, _)| Arc::strong_count(image) == 1) {
            runs.pop_front();
        }
        runs.iter().map(|(_, kept)| kept).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn displaced_bytes_count_until_every_image_that_shares_them_is_gone() {
        let images = Images::default();
        images.keep(1);
        assert_eq!(images.kept_bytes(), 0, "nothing shares it");
        let first = images.begin();
        images.keep(10);
        let second = images.begin();
        images.keep(100);
        assert_eq!(images.kept_bytes(), 110);
        drop(second);
        images.keep(1000);
        assert_eq!(images.kept_bytes(), 1110, "the first shares what came later too");
        drop(first);
        assert_eq!(images.kept_bytes(), 0);
        let again = images.begin();
        images.keep(5);
        assert_eq!(images.kept_bytes(), 5);
        drop(again);
    }
}
