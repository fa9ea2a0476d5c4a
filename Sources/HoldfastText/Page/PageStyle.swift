/// How pages and charts look. Colours are named once, for light and for dark; paper is light.
///
/// The eight colours of series differ in hue and in brightness, so that they stay apart for people who see fewer hues
/// and on a printer without colour; lines differ in their dashes besides.
enum PageStyle {
    static let seriesColours = 8

    static let sheet = """

        :root{--paper:#fff;--ink:#1c2126;--soft:#5b6570;--line:#d9dee3;--tint:#f4f6f8;
        --s1:#0b62a8;--s2:#c8500a;--s3:#1a7f4b;--s4:#a3206f;--s5:#6b4fc4;--s6:#8a6d00;--s7:#008b95;--s8:#6e7781;--goal:#b3261e}
        @media (prefers-color-scheme:dark){:root{--paper:#14181c;--ink:#e4e8ec;--soft:#9aa5b0;--line:#333b43;--tint:#1c2227;
        --s1:#5fb0f2;--s2:#f59a5a;--s3:#5fcf94;--s4:#f07fc0;--s5:#ab97f5;--s6:#dcbb45;--s7:#4fd0da;--s8:#aab4bd;--goal:#ff8a80}}
        @media print{:root{--paper:#fff;--ink:#000;--soft:#444;--line:#bbb;--tint:#fff;
        --s1:#0b62a8;--s2:#c8500a;--s3:#1a7f4b;--s4:#a3206f;--s5:#6b4fc4;--s6:#8a6d00;--s7:#008b95;--s8:#6e7781;--goal:#b3261e}}
        *{box-sizing:border-box}
        body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,\
        "Helvetica Neue",Arial,"DejaVu Sans",sans-serif;-webkit-print-color-adjust:exact;print-color-adjust:exact}
        main{max-width:72rem;margin:0 auto;padding:2rem 1.25rem 3rem}
        h1{font-size:1.7rem;line-height:1.2;margin:0 0 .25rem}h2{font-size:1.25rem;margin:2.25rem 0 .5rem}
        h3{font-size:1rem;margin:1.5rem 0 .4rem}p{margin:.5rem 0;max-width:46rem}
        .subtitle,.note,footer{color:var(--soft)}.note,footer{font-size:.875rem}
        footer{margin-top:3rem;border-top:1px solid var(--line);padding-top:.75rem}
        .tiles{display:flex;flex-wrap:wrap;gap:.75rem;margin:1.25rem 0}
        .tile{flex:1 1 9rem;border:1px solid var(--line);border-radius:6px;padding:.7rem .9rem;background:var(--tint)}
        .tile .value{font-size:1.35rem;font-weight:600;font-variant-numeric:tabular-nums;white-space:nowrap}
        .tile .label{color:var(--soft);font-size:.8125rem}
        figure{margin:1rem 0 1.5rem;padding-right:.6rem;overflow-x:auto}figcaption{font-weight:600;margin-bottom:.25rem}
        .pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(26rem,100%),1fr));gap:0 2rem}
        .wide{overflow-x:auto;margin:.75rem 0 1.25rem}
        table{border-collapse:collapse;font-size:.9rem}
        th,td{text-align:left;padding:.3rem .8rem .3rem 0;border-bottom:1px solid var(--line);vertical-align:top}
        th{color:var(--soft);font-weight:600}.number{text-align:right;padding:.3rem 0 .3rem 1.2rem;\
        font-variant-numeric:tabular-nums;white-space:nowrap}
        .number+:not(.number){padding-left:1.2rem}.brief{white-space:nowrap;font-variant-numeric:tabular-nums}
        .prose{min-width:12rem}td.digest{font:.8rem/1.5 ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;\
        min-width:14.5rem;overflow-wrap:anywhere}
        .sum td{font-weight:600;border-top:2px solid var(--line)}
        pre{background:var(--tint);border:1px solid var(--line);border-radius:6px;padding:.6rem .8rem;overflow-x:auto}
        a{color:var(--s1)}details{margin:.3rem 0}summary{cursor:pointer;font-size:.9rem}
        details pre{white-space:pre-wrap;overflow-wrap:anywhere}
        code{font:.85rem/1.45 ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace}
        svg.chart{display:block;width:100%;height:auto;font-size:12.5px;overflow:visible}
        .chart text{fill:var(--soft)}.chart .name{fill:var(--ink)}.chart .grid{stroke:var(--line);stroke-width:1}
        .chart .axis{stroke:var(--soft);stroke-width:1}
        .chart .stroke{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
        .chart .goal{stroke:var(--goal);stroke-width:1.5;stroke-dasharray:2 4}.chart .goalname{fill:var(--goal);\
        paint-order:stroke;stroke:var(--paper);stroke-width:4px;stroke-linejoin:round}
        .chart .hit{fill:transparent;stroke:none}
        @media print{html,body{font-size:11px}main{max-width:none;padding:0}figure,.tiles,tr{break-inside:avoid}
        thead{display:table-header-group}h2,h3{break-after:avoid}.pair{grid-template-columns:1fr 1fr}
        figure,.wide{overflow:visible}svg.chart{min-width:0!important}.prose{min-width:0}td.digest{min-width:13em}}

        """
}
