//! What a stream knows of its producers, against a naive model: all ids in a row.

use proptest::prelude::*;

use super::*;

type Id = (Vec<u8>, Vec<u8>, StreamId, u64);

#[derive(Clone, Debug)]
struct Model {
    terms: ProducerTerms,
    ids: Vec<Id>,
    added: u64,
    duplicates: u64,
}

impl Model {
    fn end_ms(&self, at_ms: u64) -> u64 {
        at_ms + self.terms.duration_s * 1000
    }

    fn find(&self, producer: &[u8], iid: &[u8], now_ms: u64) -> Option<StreamId> {
        let mut same = self.ids.iter().filter(|(of, held, ..)| of == producer && held == iid);
        same.next().filter(|(.., at_ms)| now_ms <= self.end_ms(*at_ms)).map(|(.., id, _)| *id)
    }

    fn add(&mut self, producer: &[u8], iid: &[u8], id: StreamId, now_ms: u64) {
        self.ids.retain(|(of, held, ..)| of != producer || held != iid);
        self.ids.push((producer.to_vec(), iid.to_vec(), id, now_ms));
        self.added += 1;
        if self.ids.iter().filter(|(of, ..)| of == producer).count() as u64 > self.terms.ids_max {
            let oldest = self.ids.iter().position(|(of, ..)| of == producer).unwrap();
            self.ids.remove(oldest);
        }
    }

    fn assert_equals(&self, stream: &Stream) {
        stream.validate().unwrap();
        let mut names: Vec<&[u8]> = self.ids.iter().map(|(of, ..)| &of[..]).collect();
        names.sort_unstable();
        names.dedup();
        let counts = ProducerCounts {
            producers: names.len() as u64,
            ids: self.ids.len() as u64,
            added: self.added,
            duplicates: self.duplicates,
        };
        assert_eq!((stream.producer_counts(), stream.producer_terms()), (counts, self.terms));
        assert_eq!(stream.first_end_ms(), self.ids.first().map(|(.., at_ms)| self.end_ms(*at_ms)));
        let Some((shown, ids)) = stream.known_ids() else {
            return assert!(self.ids.is_empty() && self.added == 0 && self.terms == ProducerTerms::DEFAULT);
        };
        assert!(shown.eq(names.iter().copied()));
        let ids = ids.map(|known| (names[known.producer as usize].to_vec(), known.iid.to_vec(), known.id, known.at_ms));
        assert!(ids.eq(self.ids.iter().cloned()));
    }
}

#[derive(Clone, Debug)]
enum Op {
    /// So many ms later; one is sent, and added if it is not known.
    Send(u64, u8, u8),
    /// So many ms later, what is over ends.
    End(u64),
    Terms(u64, u64),
    Clone,
    Restore,
}

fn op() -> impl Strategy<Value = Op> {
    let later = || prop_oneof![4 => 0u64..300, 1 => 900u64..1200];
    prop_oneof![
        30 => (later(), 0u8..3, 0u8..6).prop_map(|(ms, producer, iid)| Op::Send(ms, producer, iid)),
        4 => later().prop_map(Op::End),
        1 => (1u64..4, 1u64..5).prop_map(|(duration_s, ids_max)| Op::Terms(duration_s, ids_max)),
        1 => Just(Op::Clone),
        1 => Just(Op::Restore),
    ]
}

fn restored(stream: &Stream) -> Stream {
    let mut restored = Stream::with_head(stream.head());
    let Some((names, ids)) = stream.known_ids() else { return restored };
    let (counts, names) = (stream.producer_counts(), names.collect::<Vec<_>>());
    restored.restore_producers(stream.producer_terms(), counts.added, counts.duplicates);
    for known in ids {
        assert!(restored.restore_id(names[known.producer as usize], known));
        assert!(!restored.restore_id(names[known.producer as usize], known), "it stands there already");
    }
    restored
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn producers_are_known_as_by_the_model(ops in prop::collection::vec(op(), 0..200)) {
        let mut stream = Stream::default();
        let mut model = Model { terms: ProducerTerms::DEFAULT, ids: Vec::new(), added: 0, duplicates: 0 };
        let terms = ProducerTerms { duration_s: 2, ids_max: 3 };
        prop_assert!(stream.set_producer_terms(terms).is_some() && stream.set_producer_terms(terms).is_none());
        model.terms = terms;
        let (mut now_ms, mut clones) = (1000, Vec::new());
        for op in ops {
            match op {
                Op::Send(later, producer, iid) => {
                    now_ms += later;
                    let (producer, iid) = (vec![b'p'; 1 + usize::from(producer)], vec![b'a' + iid]);
                    let before = stream.sent_before(&producer, &iid, now_ms);
                    prop_assert_eq!(before, model.find(&producer, &iid, now_ms));
                    if before.is_some() {
                        stream.note_duplicate();
                        model.duplicates += 1;
                    } else {
                        let id = StreamId::new(now_ms, model.added);
                        stream.note_sent(&producer, &iid, id, now_ms);
                        model.add(&producer, &iid, id, now_ms);
                    }
                }
                Op::End(later) => {
                    now_ms += later;
                    while let Some(iid) = stream.take_over_id(now_ms) {
                        let (_, ended, _, at_ms) = model.ids.remove(0);
                        prop_assert!(ended == iid && now_ms > model.end_ms(at_ms));
                    }
                    prop_assert!(model.ids.first().is_none_or(|(.., at_ms)| now_ms <= model.end_ms(*at_ms)));
                }
                Op::Terms(duration_s, ids_max) => {
                    let terms = ProducerTerms { duration_s, ids_max };
                    let ids = stream.producer_counts().ids;
                    let forgotten = stream.set_producer_terms(terms).map(|forgotten| forgotten.producer_counts().ids);
                    prop_assert_eq!(forgotten, (terms != model.terms).then_some(ids));
                    if terms != model.terms {
                        (model.terms, model.ids) = (terms, Vec::new());
                    }
                }
                Op::Clone => clones.push((stream.clone(), model.clone())),
                Op::Restore => {
                    let again = restored(&stream);
                    prop_assert_eq!(&again, &stream);
                    stream = again;
                }
            }
            model.assert_equals(&stream);
        }
        clones.iter().for_each(|(stream, model)| model.assert_equals(stream));
    }
}

#[test]
fn ids_of_producers_count_as_memory_until_they_are_forgotten() {
    let mut stream = Stream::default();
    let empty = stream.memory();
    for n in 0..1000u64 {
        stream.note_sent(&n.to_le_bytes(), &[7; 100], StreamId::new(n, 0), 5);
    }
    assert!(stream.memory() > 1000 * (100 + 8 + 64), "{}", stream.memory());
    assert!(stream.is_slow_to_free());
    assert_eq!(std::iter::from_fn(|| stream.take_over_id(100_006)).count(), 1000);
    assert!(stream.memory() < empty + 300 && !stream.is_slow_to_free(), "{}", stream.memory());
}
