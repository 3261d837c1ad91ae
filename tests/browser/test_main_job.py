"""The main job on a phone of 360 px: from the invite to the commune's and the province's tally."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner
from playwright.sync_api import BrowserContext, Page, expect

from helper.core.clock import today
from helper.db import unit_of_work
from helper.people.models import User
from helper.people.service import set_pin
from helper.security.permissions import Role
from helper.security.secrets import hash_pin
from helper.tallies.proof import check_tallies
from tests.support.people import COMMUNE, PROVINCE, Person, make_user, make_village

PIN = "739158"


@pytest.fixture
def village(app: Flask) -> str:
    """A village of Nà Hang with a member in the team already."""
    code = make_village(app, COMMUNE, "Nà Khá")
    make_user(app, Role.MEMBER, code)
    return code


@pytest.fixture
def officer(app: Flask) -> Person:
    """The commune's officer, with a PIN."""
    return with_pin(app, make_user(app, Role.COMMUNE_OFFICER, COMMUNE))


@pytest.fixture
def province(app: Flask) -> Person:
    """The province's officer, with a PIN."""
    return with_pin(app, make_user(app, Role.PROVINCE_OFFICER, PROVINCE))


def with_pin(app: Flask, person: Person) -> Person:
    """Give a person the tests' PIN."""
    with app.app_context():
        pin_hash = hash_pin(PIN)
        with unit_of_work() as session:
            set_pin(session.get_one(User, person.id), pin_hash)
    return person


def sign_in(page: Page, person: Person) -> None:
    """Sign in as a person does."""
    page.goto("/sign-in")
    page.get_by_label("Số điện thoại").fill(person.phone)
    page.get_by_label("6 số bí mật").fill(PIN)
    page.get_by_role("button", name="Đăng nhập").click()
    expect(page).not_to_have_url(re.compile("sign-in"))


def member_on_phone(app: Flask, page: Page, village: str) -> Person:
    """Sign in a new member of the village."""
    person = with_pin(app, make_user(app, Role.MEMBER, village))
    sign_in(page, person)
    return person


def pick(page: Page, support_type: str, outcome: str) -> None:
    """Choose a service on the log screen, then how it ended."""
    page.goto(f"/visits/new?type={support_type}")
    choose(page, 0, outcome)


def choose(page: Page, line: int, outcome: str) -> None:
    """Choose the outcome of a line by its big button."""
    page.locator(f"label:has(input[name=lines-{line}-outcome][value={outcome}])").first.click()


def save(page: Page) -> None:
    """Press the save bar's button."""
    page.get_by_role("button", name="Lưu phiếu").click()


def numbers(page: Page, place: str) -> dict[str, str]:
    """Read the four counting numbers of a tally page."""
    page.goto(f"/tallies/{place}")
    found = {}
    for stat in page.locator(".stats .stat").all():
        words = stat.inner_text().split("\n")
        found[words[1].strip()] = words[0].strip()
    return found


def assert_exact(app: Flask) -> None:
    """The recount agrees with every stored sum."""
    with app.app_context():
        recount = check_tallies()
        assert recount.exact, recount.differing[:3]


def test_from_the_invite_to_the_provinces_tally_and_back(
    app: Flask,
    cli: FlaskCliRunner,
    village: str,
    officer: Person,
    province: Person,
    new_context: Callable[..., BrowserContext],
) -> None:
    invite = cli.invoke(
        args=["user", "invite", "--role", "member", "--place", village, "--name", "Lý Thị Mai"]
    )
    address = "/i/" + invite.output.strip().rpartition("/i/")[2]
    phone = new_context().new_page()
    phone.goto(address)
    expect(phone.get_by_role("heading", level=1)).to_contain_text("Mai")
    phone.get_by_label("Đặt 6 số để mở máy này").fill("123456")
    phone.get_by_role("button", name="Nhận lời").click()
    expect(phone.locator("#error-summary")).to_contain_text("dễ đoán")
    assert phone.title().startswith("Lỗi:")
    phone.get_by_label("Đặt 6 số để mở máy này").fill("482915")
    phone.get_by_role("button", name="Nhận lời").click()

    # Four taps at most, nothing typed: service, outcome, save.
    expect(phone.get_by_role("heading", name="Vừa giúp việc gì?")).to_be_visible()
    phone.get_by_role("link", name="Cài và vào VssID").click()
    choose(phone, 0, "DONE_SELF")
    save(phone)
    toast = phone.locator("#undo")
    expect(toast).to_contain_text("Đã lưu")
    receipt = re.search(r"02221-\d+", toast.inner_text())
    assert receipt

    desk, chair = new_context().new_page(), new_context().new_page()
    sign_in(chair, officer)
    sign_in(desk, province)
    one = {"phiếu": "1", "lượt người": "1", "lượt dịch vụ": "1", "người có thẻ": "0"}
    assert numbers(chair, COMMUNE) == one
    assert numbers(desk, PROVINCE) == one

    # Amend: it was two people, with help.
    phone.goto("/visits")
    phone.locator(".row-open").first.click()
    expect(phone.locator("main")).to_contain_text(receipt[0])
    phone.get_by_role("link", name="Sửa").click()
    choose(phone, 0, "DONE_ASSISTED")
    phone.get_by_label("Phiếu này có mấy người?").fill("2")
    save(phone)
    expect(phone.locator("main")).to_contain_text("Xong nhờ giúp")
    two = {**one, "lượt người": "2", "lượt dịch vụ": "2"}
    assert numbers(chair, COMMUNE) == two
    assert numbers(desk, PROVINCE) == two
    assert_exact(app)

    # Void with a reason: it leaves every total at once and stays in the own log.
    phone.goto("/visits")
    phone.locator(".row-open").first.click()
    phone.get_by_role("link", name="Hủy").click()
    phone.get_by_role("button", name=re.compile("Hủy phiếu|Bỏ phiếu")).click()
    expect(phone.locator("#error-summary")).to_be_visible()
    phone.locator("[name=reason]").fill("ghi trùng với chị Nhung")
    phone.get_by_role("button", name=re.compile("Hủy phiếu|Bỏ phiếu")).click()
    expect(phone.locator("main")).to_contain_text("Đã hủy")
    assert "phiếu" not in numbers(chair, COMMUNE)
    assert "phiếu" not in numbers(desk, PROVINCE)
    assert_exact(app)


def test_a_reason_opens_by_itself_and_is_one_tap_more(
    app: Flask, village: str, phone: Page
) -> None:
    member_on_phone(app, phone, village)
    pick(phone, "C1", "NOT_DONE")
    expect(phone.get_by_text("Vì sao chưa xong?")).to_be_visible()
    phone.locator("label.chip:visible").first.click()
    save(phone)
    expect(phone.locator("#undo")).to_contain_text("Chưa xong")
    assert numbers(phone, village)["phiếu"] == "1"
    assert_exact(app)


def test_several_services_in_one_visit(app: Flask, village: str, phone: Page) -> None:
    member_on_phone(app, phone, village)
    pick(phone, "C1", "DONE_SELF")
    phone.get_by_role("button", name="Thêm việc khác").click()
    phone.locator("button[value='add:D4']").first.click()
    choose(phone, 1, "DONE_ASSISTED")
    save(phone)
    expect(phone.locator("#undo")).to_contain_text("Đã lưu")
    found = numbers(phone, village)
    assert (found["phiếu"], found["lượt người"], found["lượt dịch vụ"]) == ("1", "1", "2")
    assert_exact(app)


def test_a_group_whose_members_end_differently(app: Flask, village: str, phone: Page) -> None:
    member_on_phone(app, phone, village)
    pick(phone, "A4", "DONE_SELF")
    phone.locator("details.box summary").click()
    phone.get_by_label("Phiếu này có mấy người?").fill("20")
    for line, (outcome, people) in enumerate([("DONE_ASSISTED", "5"), ("NOT_DONE", "3")], 1):
        phone.locator("button[value^='split:']").last.click()
        choose(phone, line, outcome)
        phone.locator(f"[name=lines-{line}-people]").fill(people)
    phone.locator("[name=lines-0-people]").fill("12")
    phone.locator("label.chip:visible").first.click()
    save(phone)
    expect(phone.locator("#undo")).to_contain_text("Đã lưu")
    found = numbers(phone, village)
    assert (found["phiếu"], found["lượt người"], found["lượt dịch vụ"]) == ("1", "20", "20")
    expect(phone.locator(".hero")).to_contain_text("60%")
    assert_exact(app)


def test_the_clicker_on_a_market_day(app: Flask, village: str, phone: Page) -> None:
    member_on_phone(app, phone, village)
    phone.goto("/visits/clicker")
    for _ in range(12):
        phone.locator(".plus[value='D3:DONE_SELF']").click()
    for _ in range(6):
        phone.locator(".plus[value='D5:DONE_ASSISTED']").click()
    phone.locator("button[value=less]").click()
    expect(phone.locator("[data-count='D5:DONE_ASSISTED']")).to_have_text("5")
    phone.reload()
    expect(phone.locator("[data-count='D3:DONE_SELF']")).to_have_text("12")
    phone.get_by_role("button", name="Xong buổi, lưu phiếu").click()
    expect(phone.locator("#undo")).to_contain_text("Đã lưu")
    found = numbers(phone, village)
    assert (found["phiếu"], found["lượt người"], found["lượt dịch vụ"]) == ("1", "12", "17")
    assert_exact(app)


def test_a_paper_sheet_is_typed_in_for_its_own_day(app: Flask, village: str, phone: Page) -> None:
    member_on_phone(app, phone, village)
    day = today() - timedelta(days=1)
    phone.goto("/visits/paper")
    phone.locator("[name='count-D3:DONE_SELF']").fill("7")
    phone.locator("[name='count-D3:NOT_DONE']").fill("2")
    phone.locator("[name=visited_on]").fill(day.isoformat())
    phone.get_by_label("Có bao nhiêu người?").fill("9")
    phone.get_by_role("button", name=re.compile("lưu phiếu", re.IGNORECASE)).click()
    # Two are not done: the sheet does not say why, so the form asks and keeps the rest.
    expect(phone.locator("#error-summary")).to_contain_text("lý do")
    phone.locator("label.chip:visible").first.click()
    save(phone)
    expect(phone.locator("#undo")).to_contain_text("Đã lưu")
    phone.goto(f"/tallies/{village}?period={day.isoformat()}")
    expect(phone.locator(".stats")).to_contain_text("9")
    assert_exact(app)


def test_bad_input_is_told_in_vietnamese_and_nothing_is_lost(
    app: Flask, village: str, phone: Page
) -> None:
    member_on_phone(app, phone, village)
    phone.goto("/visits/new?type=C1")
    phone.locator("details.box summary").click()
    phone.get_by_label("Ghi chú").fill("Máy báo OTP 482913, hẹn lại")
    save(phone)
    summary = phone.locator("#error-summary")
    expect(summary).to_contain_text("Cần sửa 2 chỗ")
    expect(summary).to_contain_text("Chọn kết quả của việc này")
    expect(summary).to_contain_text("Có dãy số giống mã OTP. Hãy bỏ số đó")
    expect(summary).to_be_focused()
    assert phone.title().startswith("Lỗi:")
    expect(phone.get_by_label("Ghi chú")).to_have_value("Máy báo OTP 482913, hẹn lại")
    phone.get_by_label("Ghi chú").fill("Máy báo OTP sai, hẹn lại")
    choose(phone, 0, "DONE_SELF")
    save(phone)
    expect(phone.locator("#undo")).to_contain_text("Đã lưu")
    assert_exact(app)


def test_undo_takes_the_visit_back_at_once(app: Flask, village: str, phone: Page) -> None:
    member_on_phone(app, phone, village)
    pick(phone, "C1", "DONE_SELF")
    save(phone)
    phone.get_by_role("button", name="Hoàn tác").click()
    expect(phone.locator("main")).to_contain_text("Đã bỏ phiếu vừa lưu")
    assert "phiếu" not in numbers(phone, village)
    assert_exact(app)


def test_a_double_tap_and_a_resent_form_count_once(app: Flask, village: str, phone: Page) -> None:
    member_on_phone(app, phone, village)
    pick(phone, "C1", "DONE_SELF")
    form = phone.evaluate(
        "() => Object.fromEntries(new FormData(document.querySelector('form[data-capture]')))"
    )
    phone.get_by_role("button", name="Lưu phiếu").dblclick()
    expect(phone.locator("#undo")).to_contain_text("Đã lưu")
    for _ in range(2):
        assert phone.request.post("/visits/new", form=form).ok
    assert numbers(phone, village)["phiếu"] == "1"
    assert_exact(app)


def test_going_back_after_saving_says_that_it_was_saved(
    app: Flask, village: str, phone: Page
) -> None:
    member_on_phone(app, phone, village)
    phone.goto("/visits/new")
    phone.get_by_role("link", name="Cài và vào VssID").click()
    choose(phone, 0, "DONE_SELF")
    save(phone)
    expect(phone.locator("#undo")).to_contain_text("Đã lưu")
    phone.go_back()
    expect(phone.locator("main")).to_contain_text("Phiếu vừa rồi đã lưu")
    assert numbers(phone, village)["phiếu"] == "1"


def test_going_back_over_a_mistake_asks_for_no_form_again(
    app: Flask, village: str, phone: Page
) -> None:
    member_on_phone(app, phone, village)
    phone.goto("/visits/new")
    phone.get_by_role("link", name="Cài và vào VssID").click()
    save(phone)
    expect(phone.locator("#error-summary")).to_contain_text("Chọn kết quả")
    choose(phone, 0, "DONE_SELF")
    save(phone)
    expect(phone.locator("#undo")).to_contain_text("Đã lưu")
    phone.go_back()
    expect(phone.locator("main")).to_contain_text("Phiếu vừa rồi đã lưu")
    # The same from the steps of a visit of several services, before it is saved.
    phone.goto("/visits/new?type=C1")
    phone.get_by_role("button", name="Thêm việc khác").click()
    phone.locator("button[value='add:D4']").first.click()
    phone.get_by_role("link", name="Hướng dẫn").or_(phone.locator("a.back")).first.click()
    for _ in range(2):
        phone.go_back()
        expect(phone.locator("main")).to_contain_text("Cài và vào VssID")
    assert numbers(phone, village)["phiếu"] == "1"


@pytest.mark.parametrize("page", ["clicker", "paper"])
def test_a_count_of_nobody_leads_back_to_the_counting(
    app: Flask, village: str, phone: Page, page: str
) -> None:
    member_on_phone(app, phone, village)
    phone.goto(f"/visits/{page}")
    phone.locator(".savebar button").click()
    expect(phone.locator("main")).to_contain_text("Chưa ghi lượt nào")
    phone.get_by_role("link", name=re.compile("Quay lại")).last.click()
    expect(phone.locator(".counter").first).to_be_visible()


def test_alone_stands_first_and_the_own_account_is_one_tap_away(
    app: Flask, village: str, phone: Page
) -> None:
    member_on_phone(app, phone, village)
    pick(phone, "A4", "DONE_ASSISTED")
    phone.locator("details.box summary").click()
    phone.get_by_label("Phiếu này có mấy người?").fill("5")
    expect(phone.locator("details.box summary")).to_contain_text("5 người")
    phone.locator("button[value^='split:']").last.click()
    choose(phone, 1, "DONE_SELF")
    phone.locator("[name=lines-0-people]").fill("2")
    phone.locator("[name=lines-1-people]").fill("3")
    save(phone)
    expect(phone.locator("#undo")).to_contain_text("Tự làm được · Xong nhờ giúp")
    phone.goto("/visits")
    assert phone.locator(".row .badge").all_inner_texts() == ["Tự làm được", "Xong nhờ giúp"]
    phone.get_by_role("button", name="Ngoài nắng").click()
    expect(phone.locator("html")).to_have_class("sunlight")
    phone.locator(".foot a").click()
    expect(phone).to_have_url(re.compile("/me$"))


def test_the_paper_sheet_prints_on_one_a5(app: Flask, village: str, phone: Page) -> None:
    member_on_phone(app, phone, village)
    phone.goto("/visits/sheet")
    printed = phone.pdf(prefer_css_page_size=True)
    boxes = re.findall(rb"/MediaBox ?\[0 0 (\d+)", printed)
    assert boxes in ([b"419"], [b"420"])


def test_the_lead_voids_with_the_pin_and_the_member_sees_why(
    app: Flask, village: str, new_context: Callable[..., BrowserContext]
) -> None:
    member, lead = new_context().new_page(), new_context().new_page()
    member_on_phone(app, member, village)
    pick(member, "C1", "DONE_SELF")
    save(member)
    sign_in(lead, with_pin(app, make_user(app, Role.VILLAGE_LEAD, village)))
    lead.goto(f"/visits/at/{village}")
    lead.locator(".row-open").first.click()
    lead.get_by_role("link", name="Hủy").click()
    lead.locator("[name=reason]").fill("trùng phiếu của bác Tuấn")
    lead.get_by_role("button", name=re.compile("Hủy phiếu|Bỏ phiếu")).click()
    expect(lead.locator("main")).to_contain_text("Đã hủy")
    member.goto("/visits")
    expect(member.locator("main")).to_contain_text("trùng phiếu của bác Tuấn")
    assert_exact(app)


def test_all_of_it_works_without_javascript(
    app: Flask, village: str, phone_without_js: Page
) -> None:
    page = phone_without_js
    member_on_phone(app, page, village)
    page.get_by_role("link", name="Cài và vào VssID").click()
    choose(page, 0, "NOT_DONE")
    save(page)
    expect(page.locator("#error-summary")).to_contain_text("lý do")
    page.locator("label.chip:visible").first.click()
    save(page)
    expect(page.locator("#undo")).to_contain_text("Đã lưu")
    page.goto("/visits/clicker")
    for _ in range(3):
        page.locator(".plus[value='D3:DONE_SELF']").click()
    page.locator("button[value=less]").click()
    page.get_by_role("button", name="Xong buổi, lưu phiếu").click()
    expect(page.locator("#undo")).to_contain_text("Đã lưu")
    page.get_by_role("button", name="Hoàn tác").click()
    found = numbers(page, village)
    assert (found["phiếu"], found["lượt dịch vụ"]) == ("1", "1")
    assert_exact(app)
