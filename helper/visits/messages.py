"""Message codes of the rules as sentences in the reader's language."""

from collections.abc import Iterable

from flask_babel import gettext as _

from helper.catalogue.words import in_locale
from helper.visits.rules import Problem


def sentence(problem: Problem) -> str:
    """Return the sentence that tells a person how to mend this problem."""
    params = dict(problem.params)
    if "type" in params:
        params["type"] = in_locale(params["type"])
    return _sentences(params)[problem.code]


def error_sentences(problems: Iterable[Problem]) -> dict[str, str]:
    """Return field -> sentence for an answer; a problem inside a line also stands under `lines`."""
    found: dict[str, str] = {}
    for problem in problems:
        text = sentence(problem)
        found.setdefault(problem.field, text)
        top, dot, _rest = problem.field.partition(".")
        if dot:
            found.setdefault(top, text)
    return found


def _sentences(p: dict[str, object]) -> dict[str, str]:
    return {
        "not_an_object": _("Phiếu không đọc được"),
        "village_unknown": _("Chọn thôn trong danh sách của xã mình"),
        "village_outside": _("Thôn này ngoài xã của anh/chị, không ghi phiếu ở đây được"),
        "visit_voided": _("Phiếu này đã bị hủy: %(reason)s", reason=p.get("reason") or "–"),
        "visit_deleted": _("Phiếu này đã hủy trước đó, không sửa lại được"),
        "helper_unknown": _("Người cùng đi không thuộc Tổ của xã mình"),
        "rev": _("Số lần sửa của phiếu không đọc được"),
        "id": _("Mã phiếu không đọc được"),
        "op": _("Lệnh gửi không đọc được"),
        "date": _("Chọn ngày, ví dụ 22/11/2026"),
        "number_range": _(
            "Gõ một số từ %(low)s đến %(high)s", low=p.get("low"), high=p.get("high")
        ),
        "text": _("Chỗ này phải là chữ"),
        "too_long": _("Viết ngắn lại, nhiều nhất %(longest)s chữ cái", longest=p.get("longest")),
        "id_number": _("Có dãy số giống số giấy tờ. Hãy bỏ số đó"),
        "phone_number": _("Có dãy số giống số điện thoại. Hãy bỏ số đó"),
        "secret_code": _("Có dãy số giống mã OTP. Hãy bỏ số đó"),
        "label_digits": _("Tên gọi không được có chữ số"),
        "reason_missing": _("Chọn lý do, hoặc nơi chuyển đến"),
        "reason_not_allowed": _("Việc đã xong thì không ghi lý do chưa xong"),
        "reason_unknown": _("Chọn lý do trong danh sách"),
        "referral_unknown": _("Chọn nơi chuyển đến trong danh sách"),
        "lines_missing": _("Chọn ít nhất một việc đã giúp"),
        "too_many_lines": _("Một phiếu ghi nhiều nhất %(most)s dòng", most=p.get("most")),
        "lines_alike": _("Có hai dòng giống hệt nhau. Gộp lại thành một"),
        "support_type_unknown": _("Chọn việc đã giúp trong danh sách"),
        "outcome_missing": _("Chọn kết quả của việc này"),
        "line_over_visit": _(
            "Số người của một việc không quá số người của phiếu (%(people)s)",
            people=p.get("people"),
        ),
        "type_over_visit": _(
            "%(type)s: cộng lại %(total)s người, nhiều hơn %(people)s người của phiếu",
            type=p.get("type"),
            total=p.get("total"),
            people=p.get("people"),
        ),
        "card": _("Mã phiếu nhớ việc gồm 6 đến 16 chữ và số, không có chữ U"),
        "choice": _("Chọn một trong các ô"),
        "helpers": _("Danh sách người cùng đi không đúng"),
        "link": _("Phiếu liên quan không đúng mã"),
    }
