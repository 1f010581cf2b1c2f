//! A stream and its producers: what it knows of the messages that they have sent ([`Producers`]), which is nothing until one of them says who it
//! is.

use super::producers::Producers;
use super::{KnownId, ProducerCounts, ProducerTerms, Stream, StreamId};

impl Stream {
    /// How long ids of producers are kept, and how many.
    pub fn producer_terms(&self) -> ProducerTerms {
        self.producers.as_ref().map_or(ProducerTerms::DEFAULT, |producers| producers.terms())
    }

    /// Sets that; other terms forget all ids. What was forgotten, if they are others: it may take long to free
    /// ([`Txn::discard_ids`](crate::store::Txn::discard_ids)).
    pub fn set_producer_terms(&mut self, terms: ProducerTerms) -> Option<Self> {
        if terms == self.producer_terms() {
            return None;
        }
        let forgotten = self.producers.get_or_insert_default().set_terms(terms)?;
        Some(Self { producers: Some(Box::new(forgotten)), ..Self::default() })
    }

    /// How much the stream knows of its producers.
    pub fn producer_counts(&self) -> ProducerCounts {
        self.producers.as_ref().map(|producers| producers.counts()).unwrap_or_default()
    }

    /// The entry of a message that this producer has sent under this id before. `now_ms`: cluster time.
    pub fn sent_before(&self, producer: &[u8], iid: &[u8], now_ms: u64) -> Option<StreamId> {
        self.producers.as_ref()?.find(producer, iid, now_ms)
    }

    /// Counts a message that was sent again.
    pub fn note_duplicate(&mut self) {
        self.producers.get_or_insert_default().note_duplicate();
    }

    /// Notes under which id a producer has sent the message of an entry. `now_ms`: cluster time.
    pub fn note_sent(&mut self, producer: &[u8], iid: &[u8], id: StreamId, now_ms: u64) {
        self.producers.get_or_insert_default().add(producer, iid, id, now_ms);
    }

    /// Takes out the first id of a producer that is over at this cluster time, ms.
    pub fn take_over_id(&mut self, at_ms: u64) -> Option<Vec<u8>> {
        self.producers.as_mut()?.take_over(at_ms)
    }

    /// The names of the producers in their order, and all ids, as a snapshot keeps them; None if it knows of none and was told nothing.
    pub fn known_ids(&self) -> Option<(impl ExactSizeIterator<Item = &[u8]>, impl Iterator<Item = KnownId<'_>>)> {
        self.producers.as_ref().map(|producers| (producers.names(), producers.known()))
    }

    /// Puts back what a snapshot held of producers besides the ids.
    pub fn restore_producers(&mut self, terms: ProducerTerms, added: u64, duplicates: u64) {
        self.producers = Some(Box::new(Producers::restored(terms, added, duplicates)));
    }

    /// Puts back an id that a snapshot held, behind all. False if it does not belong there.
    #[must_use]
    pub fn restore_id(&mut self, producer: &[u8], known: KnownId<'_>) -> bool {
        self.producers.as_mut().is_some_and(|producers| producers.restore(producer, known))
    }
}
