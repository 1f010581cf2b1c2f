//! Lists against a naive model: a vector.

use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
enum Op {
    Push(End, Vec<Vec<u8>>),
    Pop(End),
    Rotate(End, End),
    Set(usize, Vec<u8>),
    Insert(usize, bool, Vec<u8>),
    Cut(End, usize),
    Trim(usize, usize),
    RemoveEqual(Vec<u8>, End, usize),
    /// A clone taken here must not see what comes later.
    Clone,
}

fn end() -> impl Strategy<Value = End> + Clone {
    prop_oneof![Just(End::Head), Just(End::Tail)]
}

fn element() -> impl Strategy<Value = Vec<u8>> + Clone {
    prop_oneof![
        6 => (0..6u8).prop_map(|i| vec![i; usize::from(i)]),
        3 => (-200_000..200_000_i64).prop_map(|number| number.to_string().into_bytes()),
        2 => (0..200usize).prop_map(|len| vec![b'm'; len]),
        1 => (2000..9000usize).prop_map(|len| vec![b'l'; len]),
    ]
}

fn op() -> impl Strategy<Value = Op> {
    let index = 0..60usize;
    prop_oneof![
        6 => (end(), prop::collection::vec(element(), 1..20)).prop_map(|(end, elements)| Op::Push(end, elements)),
        3 => end().prop_map(Op::Pop),
        2 => (end(), end()).prop_map(|(from, to)| Op::Rotate(from, to)),
        3 => (index.clone(), element()).prop_map(|(index, element)| Op::Set(index, element)),
        4 => (index.clone(), any::<bool>(), element()).prop_map(|(at, behind, element)| Op::Insert(at, behind, element)),
        1 => (end(), index.clone()).prop_map(|(end, count)| Op::Cut(end, count)),
        1 => (index.clone(), index).prop_map(|(start, len)| Op::Trim(start, start + len)),
        2 => (element(), end(), prop_oneof![1..4usize, Just(usize::MAX)])
            .prop_map(|(element, end, count)| Op::RemoveEqual(element, end, count)),
        1 => Just(Op::Clone),
    ]
}

/// The same to a vector.
fn run_on_model(model: &mut Vec<Vec<u8>>, op: &Op) {
    let put = |model: &mut Vec<Vec<u8>>, end: &End, element: &[u8]| {
        let at = if *end == End::Head { 0 } else { model.len() };
        model.insert(at, element.to_vec());
    };
    match op {
        Op::Push(end, elements) => elements.iter().for_each(|element| put(model, end, element)),
        Op::Pop(End::Head) if !model.is_empty() => drop(model.remove(0)),
        Op::Pop(_) => drop(model.pop()),
        Op::Rotate(from, to) if !model.is_empty() => {
            let element = if *from == End::Head { model.remove(0) } else { model.pop().unwrap() };
            put(model, to, &element);
        }
        Op::Set(index, element) if *index < model.len() => model[*index] = element.clone(),
        Op::Insert(index, behind, element) if *index < model.len() => {
            model.insert(index + usize::from(*behind), element.clone());
        }
        Op::Cut(End::Head, count) => drop(model.drain(..(*count).min(model.len()))),
        Op::Cut(End::Tail, count) => model.truncate(model.len().saturating_sub(*count)),
        Op::Trim(start, end) => {
            model.truncate(*end);
            model.drain(..(*start).min(model.len()));
        }
        Op::RemoveEqual(element, end, count) => {
            for _ in 0..*count {
                let mut places = model.iter();
                let place = match end {
                    End::Head => places.position(|present| present == element),
                    End::Tail => places.rposition(|present| present == element),
                };
                let Some(place) = place else { break };
                model.remove(place);
            }
        }
        Op::Rotate(..) | Op::Set(..) | Op::Insert(..) | Op::Clone => {}
    }
}

fn run_on_list(list: &mut List, op: &Op, limits: ListLimits) {
    match op {
        Op::Push(end, elements) => {
            list.expect(elements.iter().map(Vec::as_slice), limits);
            list.push_all(*end, elements.iter().map(Vec::as_slice), limits);
        }
        Op::Pop(end) => drop(list.pop(*end, limits)),
        Op::Rotate(from, to) => drop(list.rotate(*from, *to, limits)),
        Op::Set(index, element) => {
            let there = *index < list.len();
            assert_eq!(list.set(*index, element, limits), there);
        }
        Op::Insert(index, behind, element) => {
            list.expect([element.as_slice()], limits);
            list.insert(*index, *behind, element, limits);
        }
        Op::Cut(end, count) => list.cut(*end, *count, limits),
        Op::Trim(start, end) => list.trim(*start..*end, limits),
        Op::RemoveEqual(element, end, count) => {
            let before = list.len();
            let removed = list.remove_equal(element, *end, *count, limits);
            assert_eq!(removed, before - list.len());
        }
        Op::Clone => {}
    }
}

fn assert_equals(list: &List, model: &[Vec<u8>]) {
    list.validate().unwrap();
    assert_eq!((list.len(), list.is_empty(), list.elements()), (model.len(), model.is_empty(), model.len()));
    assert!(list.iter().eq(model.iter()));
    assert!(list.iter().rev().eq(model.iter().rev()));
    for (index, element) in model.iter().enumerate() {
        assert_eq!(list.get(index), Some(element.as_slice()));
    }
    assert_eq!(list.get(model.len()), None);
    for index in [0, model.len() / 3, model.len() / 2, model.len()] {
        assert!(list.iter_from(index).eq(model[index..].iter()), "from {index}");
    }
}

/// What a snapshot makes of it.
fn rebuilt(list: &List) -> List {
    match list.nodes() {
        None => List::small(list.iter()),
        Some(nodes) => List::large(nodes.map(|(_, elements)| elements)),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_list_behaves_as_the_model(
        ops in prop::collection::vec(op(), 0..60),
        limit in prop_oneof![4 => -5..0_i64, 3 => 0..12_i64, 1 => Just(i64::MAX)],
    ) {
        let limits = ListLimits::new(limit);
        let (mut list, mut model) = (List::default(), Vec::new());
        let mut clones: Vec<(List, Vec<Vec<u8>>)> = Vec::new();
        for op in &ops {
            if matches!(op, Op::Clone) {
                clones.push((list.clone(), model.clone()));
            }
            run_on_model(&mut model, op);
            run_on_list(&mut list, op, limits);
            assert_equals(&list, &model);
            prop_assert_eq!(rebuilt(&list), list.clone(), "the nodes are part of the value");
        }
        for (list, model) in clones {
            assert_equals(&list, &model);
        }
    }
}

#[test]
fn a_list_takes_two_words() {
    assert_eq!(size_of::<List>(), 16);
}

#[test]
fn a_small_list_has_a_bound() {
    let elements = vec![vec![b'x'; 1000]; 131];
    assert!(List::small(&elements).validate().is_err(), "longer than any");
    assert_eq!(List::small(&elements[1..]).validate(), Ok(()));
    // Limits that count elements let one of any length be alone in its node.
    let limits = ListLimits::new(128);
    let mut list = List::default();
    for element in [vec![b'x'; 1 << 18], b"y".to_vec()] {
        list.expect([element.as_slice()], limits);
        list.push(End::Tail, &element, limits);
    }
    list.pop(End::Tail, limits);
    assert_eq!((list.len(), list.is_large()), (1, true));
    list.validate().unwrap();
    // As many short ones as are small, to the byte.
    let limits = ListLimits::new(-5);
    for len in 0..3 {
        let element = vec![b'x'; len];
        let elements = std::iter::repeat_n(element.as_slice(), SMALL_SIZE_MAX / (len + 2));
        let mut list = List::default();
        list.expect(elements.clone(), limits);
        list.push_all(End::Tail, elements, limits);
        list.validate().unwrap();
    }
}
