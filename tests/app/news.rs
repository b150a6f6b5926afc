//! The events list: bounded, and it does not move under whoever reads it.

use syncdeck::app::{Event, NEWS_KEPT, NewsList};

use super::desk::Desk;
use super::fake::{idle, news};

fn filled(count: usize) -> NewsList {
    let mut list = NewsList::default();
    for at in 0..count {
        let mut line = news()[0].clone();
        line.text = at.to_string();
        list.push(line);
    }
    list
}

fn first(list: &NewsList) -> String {
    list.view(3).next().unwrap().text.clone()
}

#[test]
fn old_lines_go_when_the_list_is_full() {
    let list = filled(NEWS_KEPT + 7);
    assert_eq!(list.view(usize::MAX).count(), NEWS_KEPT);
    assert_eq!(first(&list), (NEWS_KEPT + 6).to_string());
}

#[test]
fn scrolling_back_stays_at_its_line_while_new_ones_come() {
    let mut list = filled(100);
    list.scroll(-10);
    let before = first(&list);
    list.push(news()[0].clone());
    assert_eq!(first(&list), before);
    assert_eq!(list.below(), 11);
    list.scroll(i64::MAX);
    assert!(list.follows());
}

#[test]
fn scrolling_never_leaves_the_list() {
    let mut list = filled(5);
    list.scroll(i64::MIN);
    assert_eq!(first(&list), "0");
    list.scroll(-3);
    assert_eq!(first(&list), "0");
    NewsList::default().scroll(-1);
}

#[test]
fn missed_lines_are_counted() {
    let mut desk = Desk::new(80, 24, idle());
    desk.event(Event::NewsSkipped(40));
    desk.event(Event::NewsSkipped(2));
    assert_eq!(desk.state.news.skipped, 42);
}
