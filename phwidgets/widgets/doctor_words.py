"""The words of the doctor in English and Japanese; `words` takes them into its table.

What stands after "Run:" is typed as it is, so it is the same in both languages.
"""

DOCTOR: dict[str, tuple[str, str]] = {
    # the table
    "doctor verdict ok": ("ok", "正常"),
    "doctor verdict warning": ("warning", "警告"),
    "doctor verdict problem": ("problem", "問題"),
    "doctor verdict unknown": ("unknown", "不明"),
    "doctor head verdict": ("verdict", "判定"),
    "doctor head name": ("looked at", "調べたもの"),
    "doctor head found": ("found", "見つかったもの"),
    "doctor head advice": ("what to do", "対処法"),
    "doctor caption": ("phwidgets doctor: {summary}", "phwidgets の診断: {summary}"),
    "doctor problems": ("{n} problem|{n} problems", "問題 {n} 件"),
    "doctor warnings": ("{n} warning|{n} warnings", "警告 {n} 件"),
    "doctor and": (" and ", "と"),
    "doctor nothing wrong": ("nothing is wrong", "問題は見つかりませんでした"),
    # names of checks that are not names of packages
    "doctor name requirements": ("requirements", "必要なパッケージ"),
    "doctor name front ends": ("front ends", "フロントエンド"),
    "doctor name notebook server": ("notebook server", "ノートブックサーバー"),
    "doctor name compiled kernels": ("compiled kernels", "計算用の機械語コード"),
    "doctor name kernel": ("kernel", "カーネル"),
    # packages
    "doctor run": ("Run: {command}", "次を実行してください: {command}"),
    "doctor python": ("{version} on {system} {machine}", "{version}（{system} {machine} で動作中）"),
    "doctor not installed": ("not installed", "インストールされていません"),
    "doctor installed": ("installed", "インストールされています"),
    "doctor not installed, right": ("not installed, as it should be", "インストールされていません（このままで正常です）"),
    "doctor from a folder": (
        "{version}, not installed but imported from a folder",
        "{version}（インストールされず、フォルダから読み込まれています）",
    ),
    "doctor two versions": (
        "{here} is imported, {installed} is installed",
        "読み込まれているのは {here}、インストールされているのは {installed} です",
    ),
    "doctor restart": (
        "restart the kernel, or install once more",
        "カーネルを再起動するか、もう一度インストールしてください",
    ),
    "doctor all packages fit": ("all {n} packages have a version that fits", "{n} 個のパッケージはすべて適合する版です"),
    "doctor requirements unknown": ("not known, phwidgets is not installed", "phwidgets がインストールされていないため、わかりません"),
    "doctor package wrong": ("{name} {version} (needs {wanted})", "{name} {version}（必要な版: {wanted}）"),
    "doctor missing": ("missing", "なし"),
    "doctor check failed": ("this check failed. {run}", "この検査は失敗しました。{run}"),
    # front ends
    "doctor front end": ("{version}, front end {installed}", "{version}、フロントエンド {installed}"),
    "doctor no front end": (
        "{version}; no front end {extension} in this environment",
        "{version}。この環境にフロントエンド {extension} がありません",
    ),
    "doctor other front end": (
        "{version}; it asks for front end {wanted}, JupyterLab has {installed}",
        "{version}。必要なフロントエンドは {wanted} ですが、JupyterLab にあるのは {installed} です",
    ),
    "doctor where lab runs": (
        "{run} (where JupyterLab runs, if that is another environment)",
        "{run}（JupyterLab が別の環境で動いているときは、その環境で）",
    ),
    "doctor blank": ("3D views stay blank. {run}", "3D 表示が空白のままになります。{run}"),
    "doctor no widgets": ("No widget will show. {run}", "ウィジェットが何も表示されません。{run}"),
    "doctor no widgets there": (
        "No widget will show. {run} (where JupyterLab runs)",
        "ウィジェットが何も表示されません。{run}（JupyterLab が動いている環境で）",
    ),
    "doctor manager": ("{version}, manager {installed}", "{version}、マネージャー {installed}"),
    "doctor no manager": ("{version}; no {manager} in this environment", "{version}。この環境に {manager} がありません"),
    "doctor other manager": (
        "{version}; its manager is {installed} instead of 5",
        "{version}。マネージャーが 5 ではなく {installed} です",
    ),
    "doctor all front ends": ("all {n} in {folder}", "{n} 個すべてが {folder} にあります"),
    "doctor front end elsewhere": ("{name} in {folder}", "{folder} に {name}"),
    "doctor remove copies": (
        "these copies are not those of this environment; remove them if a view stays blank",
        "この環境のものではない版です。表示が空白のままになるときは、取り除いてください",
    ),
    "doctor front ends missing": ("not in {folder}: {names}", "{folder} にないもの: {names}"),
    "doctor install there": (
        "if JupyterLab runs from another environment, install phwidgets there as well; otherwise reinstall these",
        "JupyterLab が別の環境で動いているときは、その環境にも phwidgets をインストールしてください。"
        "そうでなければ、これらを再インストールしてください",
    ),
    "doctor bqplot-gl": (
        "bqplot-gl switches off the brush in every bqplot figure: no region of a diagram can be selected. {run}",
        "bqplot-gl があると、bqplot のすべての図でドラッグによる選択が効かなくなり、図の領域を選択できません。{run}",
    ),
    # where it runs
    "doctor no server": ("none in this environment", "この環境にはありません"),
    "doctor get a server": (
        "widgets need their front ends where JupyterLab runs. To have it here: {command}",
        "ウィジェットには、JupyterLab が動いている環境にフロントエンドが必要です。この環境に入れるには: {command}",
    ),
    "doctor old server": (
        "the widgets are tested with JupyterLab 4 and Notebook 7. {run}",
        "ウィジェットは JupyterLab 4 と Notebook 7 で検証されています。{run}",
    ),
    "doctor kernels ready": ("ready, in {folder}", "準備できています（{folder}）"),
    "doctor kernels read-only": ("{n} missing; {folder} is read-only", "{n} 個が足りません。{folder} には書き込めません"),
    "doctor cache folder": (
        "they are compiled anew in every session; set NUMBA_CACHE_DIR to a folder that you may write to",
        "起動するたびにコンパイルし直すことになります。環境変数 NUMBA_CACHE_DIR に、書き込めるフォルダを指定してください",
    ),
    "doctor kernels missing": (
        "{n} are not compiled yet; they will go to {folder}",
        "{n} 個がまだコンパイルされていません（保存先: {folder}）",
    ),
    "doctor compile now": (
        "the first diagram takes some 15 s longer, once. To do it now: {command}",
        "最初の図の計算に、一度だけ 15 秒ほど余分にかかります。今すぐコンパイルするには: {command}",
    ),
    "doctor no kernel": ("none: this is a script or a terminal", "ありません（スクリプトまたは端末で実行中です）"),
    "doctor needs a notebook": (
        "widgets need a notebook; numbers and saved figures do not",
        "ウィジェットにはノートブックが必要です。数値の計算や図の保存は、このままでもできます",
    ),
    "doctor not found": ("(not found)", "（見つかりません）"),
    "doctor no browser": ("not asked: there is no browser", "ブラウザがないため、調べていません"),
    "doctor no answer": ("no answer from a browser", "ブラウザからの答えがありません"),
    "doctor ask the browser": (
        "make ph.doctor() the last line of a cell: the browser that draws it will answer",
        "ph.doctor() をセルの最後の行に置いてください。それを表示するブラウザが答えます",
    ),
    "doctor webgl": ("the browser has it", "このブラウザで使えます"),
    "doctor no webgl": ("the browser has none", "このブラウザでは使えません"),
    "doctor turn on webgl": (
        "turn on hardware acceleration in the browser or take another one; until then structures are shown as pictures",
        "ブラウザのハードウェアアクセラレーションを有効にするか、別のブラウザを使ってください。それまで、構造は画像で表示されます",
    ),
}
