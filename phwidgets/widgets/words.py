"""The words of the widgets in English and Japanese: a widget reads them once, when it is made."""

from __future__ import annotations

from typing import Any, Literal, get_args

from .doctor_words import DOCTOR

Language = Literal["en", "ja"]

_TABLE: dict[str, tuple[str, str]] = {
    # holes, by degree, with their number; "one|many" where English needs it
    "holes 0": ("{n:,} component|{n:,} components", "連結成分 {n:,} 個"),
    "holes 1": ("{n:,} ring|{n:,} rings", "リング {n:,} 個"),
    "holes 2": ("{n:,} cavity|{n:,} cavities", "空洞 {n:,} 個"),
    "holes 3": ("{n:,} whole cell|{n:,} whole cells", "セル全体 {n:,} 個"),
    "image holes 1": ("{n:,} loop|{n:,} loops", "ループ {n:,} 個"),
    "image holes 3": ("{n:,} whole image|{n:,} whole images", "画像全体 {n:,} 個"),
    # the same as the name of a choice
    "kind 0": ("components ({n:,})", "連結成分（{n:,}）"),
    "kind 1": ("rings ({n:,})", "リング（{n:,}）"),
    "kind 2": ("cavities ({n:,})", "空洞（{n:,}）"),
    "kind 3": ("whole cells ({n:,})", "セル全体（{n:,}）"),
    "no holes 0": ("no components", "連結成分はありません"),
    "no holes 1": ("no rings", "リングはありません"),
    "no holes 2": ("no cavities", "空洞はありません"),
    "no holes 3": ("no whole cells", "セル全体を満たすものはありません"),
    # diagram
    "birth": ("birth", "生成"),
    "death": ("death", "消滅"),
    "birth of": ("birth ({unit})", "生成 birth（{unit}）"),
    "death of": ("death ({unit})", "消滅 death（{unit}）"),
    "unit grey value": ("grey value", "輝度値"),
    "pairs per bin": ("pairs per bin", "ビンあたりの点の数"),
    "never dies": ("never dies ({n:,})", "消滅しない（{n:,}）"),
    "never die": ("{n:,} never dies|{n:,} never die", "消滅しないもの {n:,} 個"),
    # explorer
    "clear": ("Clear", "選択解除"),
    "select nothing": ("Select nothing", "何も選択していない状態に戻します"),
    "selection failed": ("This selection failed. {error}", "この選択を表示できませんでした。{error}"),
    "hint": (
        "Drag a rectangle on the diagram, or click an atom (shift-click for several).",
        "図の上をドラッグして長方形で囲むか、原子をクリックしてください（Shift＋クリックで複数選択）。",
    ),
    "in cell": ("atoms in the cell", "原子をセル内に表示"),
    "in cell tooltip": (
        "Draw each atom at its image in the cell; off: where the positions were given, which may be many cells away",
        "各原子を、セルの中にある周期像の位置に描きます。オフにすると、与えられた座標のまま（セルの外も含めて）描きます",
    ),
    # readout
    "at atoms": ("{holes} born or filled at atom {names}", "原子 {names} で生成または消滅する{holes}"),
    "at several atoms": ("{holes} born or filled at atoms {names}", "原子 {names} で生成または消滅する{holes}"),
    "birth range": ("birth {range} {unit}", "生成 {range} {unit}"),
    "death range": ("death {range} {unit}", "消滅 {range} {unit}"),
    "one ring of": ("ring of {n} atoms, {sequence}", "{n} 原子のリング、{sequence}"),
    "rings of": ("rings of {n} atoms", "{n} 原子のリング"),
    "rings of several": ("rings of {low} to {high} atoms", "{low}～{high} 原子のリング"),
    "of the most persistent": (" (the {n} most persistent)", "（寿命の長い {n} 個）"),
    "shapes at atoms": ("{holes} with atom {names} in their shape", "原子 {names} を形に含む{holes}"),
    "shapes at several atoms": ("{holes} with one of atoms {names} in their shape", "原子 {names} のいずれかを形に含む{holes}"),
    "share": ("{pairs} of all pairs, {life} of their persistence", "すべての点の {pairs}、寿命の合計の {life}"),
    "atoms": ("{n:,} atom|{n:,} atoms", "原子 {n:,} 個"),
    "most persistent drawn": ("the {n:,} most persistent are drawn", "寿命の長い {n:,} 個だけを描いています"),
    "selected": ("selected", "選択中"),
    "birth simplex": ("birth simplex", "生成単体"),
    "death simplex": ("death simplex", "消滅単体"),
    "birth voxel": ("birth", "生成"),
    "death voxel": ("death", "消滅"),
    "pixels": ("{n:,} pixel|{n:,} pixels", "{n:,} ピクセル"),
    "voxels": ("{n:,} voxel|{n:,} voxels", "{n:,} ボクセル"),
    "image hint": (
        "Drag a rectangle on the diagram, or click, draw a rectangle or a lasso on the image.",
        "図の上をドラッグして長方形で囲むか、画像をクリックするか、画像を長方形や投げ縄で囲んでください。",
    ),
    "surfaces": ("Surfaces in 3D", "3D 表面"),
    "surfaces tooltip": ("Draw the selected voxels as surfaces in space", "選択したボクセルを立体の表面として描きます"),
    "values grey": ("grey values", "輝度値"),
    "values distance": ("distance to the border", "境界までの距離"),
    "threshold": ("threshold", "しきい値"),
    "phase bright": ("bright phase", "明るい相"),
    "phase dark": ("dark phase", "暗い相"),
    "filtration sublevel": ("sublevel: from low to high values", "劣位集合: 低い値から高い値へ"),
    "filtration superlevel": ("superlevel: from high to low values", "優位集合: 高い値から低い値へ"),
    "computing": ("computing …", "計算中…"),
    # frames
    "frame": ("frame", "フレーム"),
    "frame failed": ("This frame cannot be shown. {error}", "このフレームを表示できませんでした。{error}"),
    "frames known": ("{n:,} of {total:,} frames computed", "{total:,} フレーム中 {n:,} フレームを計算しました"),
    "curve number": ("number of pairs", "点の数"),
    "curve all": ("all pairs", "すべての点の数"),
    "curve pairs": ("pairs in the region", "領域内の点の数"),
    "curve hint": ("Click a point of the curve to go to its frame.", "曲線上の点をクリックすると、そのフレームに移ります。"),
    "follow": ("Follow", "追跡"),
    "followed": ("{n:,} of {total:,} followed are in this frame", "追跡中の {total:,} 個のうち {n:,} 個がこのフレームにあります"),
    "follow tooltip": (
        "Follow the selected pairs from frame to frame by their atoms, instead of keeping the region",
        "領域を固定する代わりに、選択した点を原子によってフレームごとに追跡します",
    ),
    "curve persistence": ("total persistence ({unit})", "全持続（{unit}）"),
    "curve betti": ("alive at radius {radius} {unit}", "半径 {radius} {unit} で存在する数"),
    "curve betti short": ("number alive at a radius", "ある半径で存在する数"),
    "difference": ("difference {what}", "差{what}"),
    "compare hint": (
        "Drag a rectangle on the difference: below, each side shows what it has more of.",
        "差の図の上をドラッグして長方形で囲むと、それぞれに多く含まれるものが下に表示されます。",
    ),
    "difference bar": ("{a} minus {b}: pairs per bin, {what}", "{a} − {b}：ビンあたりの点の数{what}"),
    "per atom": ("per atom", "（1 原子あたり）"),
    "per sample": ("per sample", "（1 画素あたり）"),
    "more in": ("more in {name}", "{name} に多い"),
    # painting by texture
    "new class": ("new class …", "新しいクラス…"),
    "undo": ("Undo", "元に戻す"),
    "clear marks": ("Clear all marks", "印をすべて消す"),
    "paint hint": (
        "Choose a class and click on spots of the image that belong to it, or draw a rectangle or a lasso; from two classes on, the rest "
        "follows. What is compared are patches of {size} samples.",
        "クラスを選び、それに属する場所を画像の上でクリックするか、長方形や投げ縄で囲んでください。2 つ以上のクラスに印をつけると、"
        "残りは自動的に塗り分けられます。{size} 画素の小片どうしを比べます。",
    ),
    "class with": (
        "its mean persistence images, and the patch nearest to them|its mean persistence images, and the {n} patches nearest to them",
        "平均パーシステンスイメージと、それに最も近い小片 {n} 個",
    ),
    "class without": ("the patch nearest to its mean|the {n} patches nearest to its mean", "平均に最も近い小片 {n} 個"),
    "mean diagram": ("mean persistence image of this class", "このクラスの平均パーシステンスイメージ"),
    "example": ("example", "例"),
    "show": ("Show", "表示"),
    "show example": ("Show where in the image this patch was cut", "この小片が画像のどこにあるかを示します"),
    # gallery
    "entries": ("{n:,} entry|{n:,} entries", "{n:,} 件"),
    "first shown": ("{entries}, the first {n:,} are shown", "{entries}（最初の {n:,} 件を表示）"),
    "open": ("Open", "開く"),
    "open tooltip": ("Show this entry in the explorer", "この項目をエクスプローラーで表示します"),
    "entry failed": ("This entry cannot be opened. {error}", "この項目を開けませんでした。{error}"),
    # shapes
    "link simplices": ("link: birth and death simplices", "対応: 生成・消滅単体"),
    "link volumes": ("link: whole shapes", "対応: 形全体"),
    "link tooltip": (
        "What connects points of the diagram and atoms: the simplices of birth and death, or the whole ring or cavity",
        "図の点と原子を何で結ぶか: 生成・消滅単体、またはリングや空洞の全体",
    ),
    "epsilon tooltip": (
        "0: optimal volumes. Larger: stable volumes, whose border may be born so much later; they do not depend on chance",
        "0: 最適体積。大きくすると安定体積（境界がその分だけ遅く生成してもよい）になり、偶然に左右されにくくなります",
    ),
    "cancel": ("Cancel", "中止"),
    "continue": ("Continue", "再開"),
    "shapes found": ("{n:,} of {total:,} shapes found", "{total:,} 個中 {n:,} 個の形が見つかりました"),
    "card shapes": ("shapes of {n:,} of {total:,} selected", "選択中 {total:,} 個のうち {n:,} 個の形"),
    "card short": (
        "; the other one lives no longer than ε = {epsilon}|; the other {n:,} live no longer than ε = {epsilon}",
        "（残りの {n:,} 個は寿命が ε = {epsilon} 以下）",
    ),
    "card some short": (
        "; one lives no longer than ε = {epsilon}|; {n:,} live no longer than ε = {epsilon}",
        "（{n:,} 個は寿命が ε = {epsilon} 以下）",
    ),
    "card none": (
        "no shape: the selected pair lives no longer than ε = {epsilon}|no shapes: all {n:,} selected live no longer than ε = {epsilon}",
        "形はありません: 選択中の {n:,} 個はすべて寿命が ε = {epsilon} 以下です",
    ),
    "card others": ("{n:,} others that are known", "ほかの既知の形 {n:,} 個"),
    "card size": ("atoms", "原子数"),
    "card sequence": ("sequence", "並び"),
    "card composition": ("composition", "組成"),
    "card median": ("median", "中央値"),
    "card life": ("lifetime ({unit})", "寿命（{unit}）"),
    "card perimeter": ("perimeter (Å)", "周長（Å）"),
    "share of score": ("share of the score", "スコアへの寄与"),
    "weight": ("weight", "重み"),
    "weight for": ("weight: red speaks for {meaning}", "重み：赤は {meaning} を支持する"),
    # atoms in 3D
    "starting": ("Starting the 3D view …", "3D 表示を準備しています…"),
    "no webgl": (
        "This browser cannot draw in 3D (no WebGL), so no atoms are shown. Turn on hardware acceleration or take another browser; {doctor}",
        "このブラウザは 3D 描画（WebGL）に対応していないため、原子を表示できません。"
        "ハードウェアアクセラレーションを有効にするか、別のブラウザを使ってください。{doctor}",
    ),
    "no webgl, surfaces": (
        "This browser cannot draw in 3D (no WebGL): a still picture stands for the surfaces. Turn on hardware acceleration or take another "
        "browser; {doctor}",
        "このブラウザは 3D 描画（WebGL）に対応していないため、表面は静止画で表示しています。"
        "ハードウェアアクセラレーションを有効にするか、別のブラウザを使ってください。{doctor}",
    ),
    "silent": (
        "The 3D view did not start. Reload the page once; if it stays blank, {doctor}",
        "3D 表示が始まりませんでした。一度ページを再読み込みしてください。それでも表示されないときは、{doctor}",
    ),
    "image silent": (
        "The image view did not start. Reload the page once; if it stays blank, {doctor}",
        "画像の表示が始まりませんでした。一度ページを再読み込みしてください。それでも表示されないときは、{doctor}",
    ),
    "doctor": (
        "ph.doctor() says what is wrong. Everything else keeps working.",
        "ph.doctor() で原因を確認できます。ほかの機能はそのまま使えます。",
    ),
    "picture failed": ("{sentence} The picture in its place failed too: {error}", "{sentence} 代わりの画像も作れませんでした: {error}"),
    "no bonds, small cell": (
        "No bonds drawn: the cell is far smaller than an atom.",
        "結合は描いていません: セルが原子よりずっと小さいためです。",
    ),
    "no bonds, close atoms": (
        "No bonds drawn: the atoms are closer than atoms can be. Are the coordinates in Å?",
        "結合は描いていません: 原子どうしが近すぎます。座標の単位は Å ですか？",
    ),
    # growing balls
    "radius": ("radius", "半径"),
    "grow": ("Grow the balls", "球を成長させる"),
    "next event": ("Next birth or death", "次の生成・消滅"),
    "next event tooltip": (
        "Grow the balls until the next ring is born or dies",
        "次にリングが生成または消滅するところまで、球を大きくします",
    ),
    "edges and triangles": ("edges and triangles", "辺と三角形"),
    "alive": ("alive", "生存中"),
    "at radius": ("radius {radius} {unit}", "半径 {radius} {unit}"),
    "colours": (
        "square: component, disc: ring; a hole has the colour of its disc",
        "四角: 連結成分、丸: リング。穴の色は、図の丸の色と同じです",
    ),
    # files from the browser
    "open file": ("Open a file …", "ファイルを開く…"),
    "open file hint": (
        "It is sent to the kernel of this notebook and nowhere else.",
        "ファイルはこのノートブックのカーネルだけに送られます。",
    ),
    "opening": ("Reading and computing …", "読み込みと計算をしています…"),
    "not opened": ("This file was not opened: {error}", "ファイルを開けませんでした: {error}"),
    "run to open": ("Run this cell to open a file of your own.", "このセルを実行すると、自分のファイルを開くことができます。"),
    "drawing failed": ("This could not be drawn. {error}", "描画できませんでした。{error}"),
    **DOCTOR,
}

_default: Language = "en"


def set_language(language: Language) -> None:
    """Choose the language of the widgets that are made from now on; those that exist keep theirs.

    Parameters
    ----------
    language : {"en", "ja"}
        English or Japanese.

    Raises
    ------
    ValueError
        For another language.

    Examples
    --------
    >>> import phwidgets as ph
    >>> from phwidgets.widgets.words import Words, set_language
    >>> set_language("ja")
    >>> Words().holes(3, degree=1)
    'リング 3 個'
    >>> set_language("en")
    >>> Words().holes(3, degree=1)
    '3 rings'
    """
    global _default
    _default = _checked(language)


def language() -> Language:
    """Return the language of the widgets that are made from now on, "en" or "ja"."""
    return _default


class Words:
    """The words of one widget, in the language that was chosen when it was made.

    ``words("birth of", unit="Å")`` is a text with what it names put in. The text is not escaped: what comes from a file must be, before
    it is put into HTML.

    Parameters
    ----------
    language : {"en", "ja"}, optional
        The one of ``set_language`` if it is not given.
    """

    def __init__(self, language: Language | None = None) -> None:
        self.language: Language = _default if language is None else _checked(language)

    def __repr__(self) -> str:
        return f"Words({self.language!r})"

    def __contains__(self, key: str) -> bool:
        return key in _TABLE

    def __call__(self, key: str, **values: Any) -> str:
        """Text of a key; a number ``n`` chooses between "one|many"."""
        column = get_args(Language).index(self.language)
        text = _TABLE[key][column]
        if f"unit {values.get('unit')}" in _TABLE:  # a unit that is a word
            values["unit"] = _TABLE[f"unit {values['unit']}"][column]
        if "|" in text:
            one, many = text.split("|")
            text = one if values["n"] == 1 else many
        return text.format(**values)

    def holes(self, number: int, degree: int, *, image: bool = False) -> str:
        """'1 ring', '2 rings': a number of holes of this degree, in an image '1 loop', '2 loops'."""
        key = f"holes {degree}"
        return self(f"image {key}" if image and f"image {key}" in _TABLE else key, n=number)


def _checked(language: str) -> Language:
    known = get_args(Language)
    if language not in known:
        raise ValueError(f"language must be one of {', '.join(map(repr, known))}, not {language!r}")
    return language  # type: ignore[return-value]
