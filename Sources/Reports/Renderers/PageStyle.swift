// The style sheet of report.html: one column on a phone, contents beside the text on a desk.
//
// System fonts, a short scale of sizes, colours only through custom properties, so that dark, light
// and print differ in one block. Nothing is loaded from anywhere.

enum PageStyle {
  private static let light =
    "--page:#f6f7f9;--code:#eef1f4;--link:#1d5fa8;--good:#12703f;--good-back:#e6f4ec;"
    + "--warning:#8a5a00;--warning-back:#fdf3dc;--bad:#a81c2f;--bad-back:#fdebed;"
    + "--neutral:#3d5a80;--neutral-back:#eaf1f8;"
  private static let dark =
    "--page:#0f1317;--code:#232a32;--link:#7db8f5;--good:#5fd39a;--good-back:#12291f;"
    + "--warning:#f0bc5e;--warning-back:#2c2413;--bad:#ff8b97;--bad-back:#33191e;"
    + "--neutral:#9dbfe6;--neutral-back:#18242f;"

  static let sheet =
    ":root{color-scheme:light dark;\(ChartStyle.properties(dark: false))\(light)}\n"
    + "@media (prefers-color-scheme:dark){:root{\(ChartStyle.properties(dark: true))\(dark)}}\n"
    + layout + blocks + tables + ChartStyle.rules + narrow + print

  private static let layout = """
    *{box-sizing:border-box}
    html{-webkit-text-size-adjust:100%;scroll-padding-top:1rem}
    body{margin:0;background:var(--page);color:var(--ink);\
    font:16px/1.6 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif}
    a{color:var(--link);text-underline-offset:.15em}
    .frame{max-width:1180px;margin:0 auto;padding:2.5rem 1.5rem 4rem;display:grid;\
    grid-template-columns:12.5rem minmax(0,1fr);column-gap:3rem}
    header{grid-column:1/-1;margin-bottom:2.25rem}
    h1{font-size:2rem;line-height:1.2;letter-spacing:-.015em;margin:0 0 .4rem}
    .subtitle{margin:0;color:var(--muted)}
    nav{position:sticky;top:1.5rem;align-self:start;max-height:calc(100vh - 3rem);overflow:auto;\
    font-size:.9rem}
    nav h2{font-size:.75rem;letter-spacing:.07em;text-transform:uppercase;color:var(--muted);\
    margin:0 0 .5rem}
    nav ul{list-style:none;margin:0;padding:0;border-left:1px solid var(--hairline)}
    nav a{display:block;padding:.25rem .9rem;color:var(--muted);text-decoration:none}
    nav a:hover,nav a:focus{color:var(--ink)}
    section{background:var(--surface);border:1px solid var(--hairline);border-radius:12px;\
    padding:1.6rem 1.9rem 1.9rem;margin:0 0 1.5rem}
    section>:last-child{margin-bottom:0}
    h2{font-size:1.3rem;line-height:1.3;letter-spacing:-.01em;margin:0 0 1rem}
    h3{font-size:1.02rem;margin:2.1rem 0 .75rem}
    p,ul{margin:0 0 1rem;max-width:46rem}
    ul{padding-left:1.2rem}
    li{margin:.25rem 0}
    footer{grid-column:1/-1;color:var(--muted);font-size:.88rem;margin-top:1rem}
    footer p{margin:0 0 .3rem;max-width:none;overflow-wrap:anywhere}

    """

  private static let blocks = """
    code{font:.9em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;background:var(--code);\
    border-radius:4px;padding:.1em .35em;overflow-wrap:anywhere}
    .banner{display:flex;gap:1.1rem;align-items:flex-start;margin-top:1.6rem;padding:1.3rem 1.5rem;\
    border-radius:12px;border:1px solid;border-left-width:6px}
    .banner strong{display:block;font-size:1.3rem;line-height:1.3}
    .banner p{max-width:none;margin:.35rem 0 0;color:var(--ink)}
    .sign{flex:none;font-weight:700;line-height:1.6}
    .banner .sign{font-size:1.3rem;line-height:1.3}
    .good{color:var(--good)}.warning{color:var(--warning)}.bad{color:var(--bad)}
    .banner.good,.note.good{background:var(--good-back);border-color:var(--good)}
    .banner.warning,.note.warning{background:var(--warning-back);border-color:var(--warning)}
    .banner.bad,.note.bad{background:var(--bad-back);border-color:var(--bad)}
    .banner.neutral,.note.neutral{background:var(--neutral-back);border-color:var(--neutral)}
    .note{border:0 solid;border-left-width:4px;border-radius:6px;padding:1rem 1.25rem;\
    margin:0 0 1rem;color:var(--ink)}
    .note h4{margin:0 0 .35rem;font-size:1rem}
    .note h4 .sign{margin-right:.5rem}
    .note.good h4{color:var(--good)}.note.warning h4{color:var(--warning)}
    .note.bad h4{color:var(--bad)}.note.neutral h4{color:var(--neutral)}
    .note p,.note ul{margin:0 0 .4rem}.note .list{font-weight:600;margin-top:.6rem}
    dl{display:grid;grid-template-columns:minmax(8rem,14rem) minmax(0,1fr);margin:0 0 1rem}
    dt,dd{padding:.45rem 0;border-top:1px solid var(--hairline)}
    dt:first-of-type,dd:first-of-type{border-top:0}
    dt{color:var(--muted);padding-right:1rem}
    dd{margin:0;overflow-wrap:anywhere}
    figure{margin:1.75rem 0 2rem}
    figcaption{margin-bottom:.6rem}
    figcaption strong{display:block}
    figcaption span{color:var(--muted);font-size:.88rem;line-height:1.45;display:block;\
    max-width:46rem}
    .wide{display:block}.slim{display:none}

    """

  private static let tables = """
    .scroll{overflow-x:auto;margin:0 0 1.25rem}
    table{border-collapse:collapse;width:100%;font-size:.9rem;line-height:1.45;\
    font-variant-numeric:tabular-nums lining-nums}
    .caption{color:var(--muted);font-size:.9rem;margin:0 0 .4rem}
    th,td{padding:.5rem .9rem .5rem 0;text-align:left;vertical-align:top}
    th:last-child,td:last-child{padding-right:.2rem}
    th{font-weight:600;color:var(--muted);font-size:.82rem;border-bottom:1.5px solid var(--axis);\
    vertical-align:bottom}
    td{border-bottom:1px solid var(--hairline)}
    tbody tr:last-child td{border-bottom:0}
    tr.total td{border-top:1.5px solid var(--axis);font-weight:700}
    .num{text-align:right;white-space:nowrap}
    td.firm{white-space:nowrap}
    td.firm code{overflow-wrap:normal}
    td small{display:block;color:var(--muted);font-size:.86em;font-weight:400}
    td .sign{margin-right:.4rem}

    """

  private static let narrow = """
    @media (max-width:900px){
    .frame{display:block;padding:1.5rem 1rem 3rem}
    nav{position:static;max-height:none;margin:0 0 1.5rem}
    nav ul{border:0;display:flex;flex-wrap:wrap;gap:.4rem}
    nav li{margin:0}
    nav a{border:1px solid var(--hairline);border-radius:999px;background:var(--surface);\
    padding:.25rem .75rem}
    }
    @media (max-width:600px){
    h1{font-size:1.55rem}
    section{padding:1.15rem 1rem 1.25rem;border-radius:10px}
    .banner{padding:1rem}
    dl{display:block}
    dt{padding-bottom:0;font-size:.85rem}
    dd{border-top:0;padding-top:0}
    .wide{display:none}.slim{display:block}
    .scroll{margin-right:-1rem;padding-right:1rem}
    td{min-width:4.5rem}
    td.long{min-width:13rem}
    }

    """

  private static let print = """
    @media print{
    :root{\(ChartStyle.properties(dark: false))\(light)}
    body{background:none;font-size:10.5pt}
    .frame{display:block;max-width:none;padding:0}
    nav{display:none}
    section{border:0;padding:0;margin:0 0 1.2rem;border-radius:0}
    h2,h3{break-after:avoid}
    figure,tr,.note,.banner{break-inside:avoid}
    .scroll{overflow:visible}
    }

    """
}
