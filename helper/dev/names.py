"""Plausible names of villages and people; none is anybody's in particular."""

from random import Random

DEMO_VILLAGES = {
    "02221": [
        "Bản Lãm",
        "Bản Nhàm",
        "Bản Vèn",
        "Hang Khào",
        "Nà Khá",
        "Nà Mỏ",
        "Nà Noong",
        "Nà Reo",
        "Khau Tinh",
        "Nà Chác",
        "Nà Lạ",
        "Bản Bung",
        "Thanh Tương",
        "Nà Coóc",
    ],
    "02269": [
        "Nà Tông",
        "Nà Đông",
        "Khun Hon",
        "Nà Bản",
        "Nà Liềm",
        "Nà Lung",
        "Nà Thuôn",
        "Bản Chợ",
        "Cốc Phát",
        "Nà Ráo",
        "Phiêng Luông",
        "Khuổi Củng",
        "Thượng Giáp – Khuổi Phầy",
        "Bản Bó",
    ],
    "02215": [
        "Phan Thiết 1",
        "Phan Thiết 2",
        "Minh Xuân 3",
        "Minh Xuân 4",
        "Tân Quang 5",
        "Tân Quang 6",
        "Tân Hà 7",
        "Tân Hà 8",
        "Ỷ La 9",
        "Ỷ La 10",
        "Trung Môn 11",
        "Kim Phú 12",
    ],
}
_HEADS = (
    "Nà",
    "Bản",
    "Khuổi",
    "Pác",
    "Lũng",
    "Phiêng",
    "Cốc",
    "Thẳm",
    "Nặm",
    "Khau",
    "Tân",
    "Đồng",
)
_TAILS = (
    "Khá",
    "Mỏ",
    "Noong",
    "Lãm",
    "Cọn",
    "Phầy",
    "Luông",
    "Slan",
    "Vài",
    "Hiêng",
    "Đông",
    "Thành",
    "Tiến",
    "Lập",
    "Chang",
    "Cái",
    "Bó",
    "Pục",
    "Tấu",
    "Mười",
)
_FAMILY = (
    "Ma",
    "Nông",
    "Hoàng",
    "Triệu",
    "Lý",
    "Chẩu",
    "Quan",
    "Nguyễn",
    "Trần",
    "Vàng",
    "Giàng",
    "Bàn",
    "Đặng",
)
_MIDDLE = {"m": ("Văn", "Đức", "Thanh", "Quốc"), "f": ("Thị", "Thị Thu", "Thị Hồng", "Ngọc")}
_GIVEN = {
    "m": ("Tuấn", "Hùng", "Sơn", "Tình", "Páo", "Dũng", "Thắng", "Quân", "Hải", "Nam"),
    "f": ("Nhung", "Mai", "Lan", "Hạnh", "Phượng", "Hoa", "Yến", "Thảo", "Dung", "Sinh"),
}
LABELS = (
    "bà Lan đầu làng",
    "ông Páo quán nhỏ",
    "chị Mai bán rau",
    "ông giáo Tình",
    "bà cụ Sinh",
    "anh Dũng xe ôm",
)
NOTES = (
    "Quên mật khẩu, hẹn lại cuối tuần",
    "Không nhận được OTP, số cũ đã bỏ",
    "Máy đầy, đã xóa bớt ảnh",
    "Con đi làm xa, chiều về mới có máy",
    "Đã nộp, mã hồ sơ H60.12-251105-0012",
    "Chỉ lại cách mở thẻ khi đi khám",
)


def village_names(rng: Random, count: int) -> list[str]:
    """Return so many different village names."""
    every = [f"{head} {tail}" for head in _HEADS for tail in _TAILS]
    return rng.sample(every, count)


def person_name(rng: Random) -> str:
    """Return a person's name."""
    sex = rng.choice("mf")
    return " ".join((rng.choice(_FAMILY), rng.choice(_MIDDLE[sex]), rng.choice(_GIVEN[sex])))
