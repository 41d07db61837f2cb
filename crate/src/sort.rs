//! Sorting that is compiled once: the standard library's sorts are compiled anew for every type and comparison, to
//! some three kilobytes of WebAssembly each.

use std::cmp::Ordering;

/// Sorts; what is equal keeps its order.
pub fn sort<T: Ord>(items: &mut Vec<T>) {
    sort_by(items, T::cmp);
}

/// Sorts by what `key` makes of an item; what is equal keeps its order.
pub fn sort_by_key<T, K: Ord>(items: &mut Vec<T>, key: impl Fn(&T) -> K) {
    sort_by(items, |a, b| key(a).cmp(&key(b)));
}

/// Sorts by a comparison; what is equal keeps its order.
pub fn sort_by<T>(items: &mut Vec<T>, compare: impl Fn(&T, &T) -> Ordering) {
    let compare_at = |a, b| items.get(a).zip(items.get(b)).map_or(Ordering::Equal, |(a, b): (&T, &T)| compare(a, b));
    let order = order(items.len(), &compare_at);
    let mut unsorted: Vec<Option<T>> = items.drain(..).map(Some).collect();
    items.extend(order.into_iter().filter_map(|index| unsorted.get_mut(index)?.take()));
}

/// The indices of so many items in the items' order.
fn order(count: usize, compare: &dyn Fn(usize, usize) -> Ordering) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by(|a, b| compare(*a, *b));
    order
}

#[cfg(test)]
mod tests {
    use std::cmp::Reverse;

    use super::*;

    #[test]
    fn what_is_equal_keeps_its_order() {
        let mut items: Vec<(usize, usize)> = (0..1_000).map(|index| (index * 7 % 10, index)).collect();
        sort_by_key(&mut items, |item| item.0);
        assert!(items.is_sorted(), "{items:?}");
        assert_eq!(items.len(), 1_000);
    }

    #[test]
    fn items_need_not_be_copied() {
        let mut items: Vec<String> = ["b", "", "c", "a", "b"].map(String::from).into();
        sort(&mut items);
        assert_eq!(items, ["", "a", "b", "b", "c"]);
        sort_by_key(&mut items, |item| Reverse(item.len()));
        assert_eq!(items, ["a", "b", "b", "c", ""]);
        sort(&mut Vec::<String>::new());
    }
}
