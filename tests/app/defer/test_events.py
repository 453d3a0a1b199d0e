from importcost.app.defer.events import load_events
from importcost.model.profile import Target

TARGET = Target("handler", "handler", "/task", "/task/handler.py")


def test_events_of_one_file_name_are_told_apart(tmp_path):
    paths = [tmp_path / place for place in ("a/event.json", "b/event.json", "b/other.json")]
    for number, path in enumerate(paths):
        path.parent.mkdir(exist_ok=True)
        path.write_text(str(number))
    found = load_events([str(path) for path in [*paths, paths[0]]], TARGET)
    expected = [paths[0].as_posix(), paths[1].as_posix(), "other.json"]
    assert [event.name for event in found] == expected
    assert [event.value for event in found] == [0, 1, 2]
