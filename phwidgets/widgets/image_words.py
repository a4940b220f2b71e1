"""The texts of the image canvas, in English and Japanese. They travel to the browser as one dict."""

from phwidgets.widgets.words import language

_TABLE = {
    "move": ("Move", "移動"),
    "move_tip": (
        "Drag to move the image, click on a pixel to pick it (M)",
        "ドラッグで画像を移動、クリックで画素を選びます（M）",
    ),
    "rectangle": ("Rectangle", "長方形"),
    "rectangle_tip": ("Drag a rectangle around pixels to select them (R)", "長方形で囲んで画素を選択します（R）"),
    "lasso": ("Lasso", "投げ縄"),
    "lasso_tip": ("Draw around pixels to select them (L)", "画素のまわりを自由に囲んで選択します（L）"),
    "clear": ("Clear", "選択解除"),
    "clear_tip": ("Take the rectangle or lasso away (Escape)", "囲みを消します（Escape）"),
    "zoom_in": ("Larger", "拡大"),
    "zoom_in_tip": ("Larger (+)", "拡大（+）"),
    "zoom_out": ("Smaller", "縮小"),
    "zoom_out_tip": ("Smaller (-)", "縮小（-）"),
    "fit": ("Fit", "全体"),
    "fit_tip": ("Show the whole image (Home)", "画像全体を表示します（Home）"),
    "colours": ("Colours", "配色"),
    "colours_tip": ("Colours of the image", "画像の配色"),
    "contrast": ("Contrast", "コントラスト"),
    "contrast_tip": ("Values drawn in the first and in the last colour", "最初の色と最後の色で描く値"),
    "darkest": ("Value of the first colour; what is below looks the same", "最初の色の値。これより小さい値は同じ色になります"),
    "brightest": ("Value of the last colour; what is above looks the same", "最後の色の値。これより大きい値は同じ色になります"),
    "auto": ("Auto", "自動"),
    "auto_tip": ("Back to the contrast at the beginning", "最初のコントラストに戻します"),
    "keys": ("Keys", "キー操作"),
    "keys_text": (
        "Click on the image first. Then:\n"
        "arrow keys: move the image\n"
        "+ and -, or the wheel: larger, smaller\n"
        "Page Up and Page Down: next and previous slice of a volume\n"
        "Home: show the whole image\n"
        "R: rectangle, L: lasso, M: move and pick\n"
        "Escape: clear the selection",
        "まず画像をクリックしてください。\n"
        "矢印キー：画像を移動\n"
        "+ と -、またはホイール：拡大、縮小\n"
        "Page Up と Page Down：次と前の断面（三次元画像）\n"
        "Home：画像全体を表示\n"
        "R：長方形、L：投げ縄、M：移動とクリック選択\n"
        "Escape：選択解除",
    ),
    "wheel": ("Click on the image, then the wheel zooms", "画像をクリックすると、ホイールで拡大・縮小できます"),
    "picture": (
        "Image. R: rectangle, L: lasso, M: move, arrow keys, plus and minus, Home, Escape",
        "画像。R：長方形、L：投げ縄、M：移動、矢印キー、プラスとマイナス、Home、Escape",
    ),
    "waiting": ("Run this cell to see the image.", "このセルを実行すると画像が表示されます。"),
    "slices": ("the other two slices", "ほかの二つの断面"),
    "plane": ("plane", "面"),
    "row": ("row", "行"),
    "column": ("column", "列"),
}


def canvas_words(chosen=None):
    """All texts by name, in the chosen language or in that of the widgets that are made now."""
    column = ("en", "ja").index(chosen or language())
    return {key: texts[column] for key, texts in _TABLE.items()}
