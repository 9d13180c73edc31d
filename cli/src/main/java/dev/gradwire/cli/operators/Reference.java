package dev.gradwire.cli.operators;

import static java.util.stream.Collectors.joining;

import dev.gradwire.cli.conformance.Coverage;
import dev.gradwire.op.Declaration;
import dev.gradwire.op.Operators;
import dev.gradwire.tensor.DType;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The operators that clients may call, as a page of Markdown or as lines for a terminal. */
final class Reference {
    private final List<Entry> entries;

    Reference(Coverage coverage) {
        entries = Operators.all().families().stream()
                .flatMap(family -> family.declarations().stream()
                        .filter(declaration -> !declaration.isInternal())
                        .map(declaration -> new Entry(family.name(), declaration, coverage.of(declaration))))
                .toList();
    }

    List<Entry> entries() {
        return entries;
    }

    // The page

    String markdown() {
        SequencedMap<String, List<Entry>> families = entries.stream()
                .collect(Collectors.groupingBy(Entry::family, LinkedHashMap::new, Collectors.toUnmodifiableList()));
        Map<String, String> index = index();
        StringBuilder page = new StringBuilder(head(entries.size(), families.size(), index.size()));
        letters(index)
                .forEach((letter, links) -> page.append(letter)
                        .append(": ")
                        .append(String.join(", ", links))
                        .append("\n\n"));
        page.setLength(page.length() - 1);
        families.forEach((family, members) -> {
            page.append(tableHead(family));
            members.forEach(entry -> page.append(row(entry)));
        });
        return page.toString();
    }

    private static String head(int operators, int families, int names) {
        return """
            # Operators

            Generated from the declarations by `./gradwire operators --write docs/operators.md`; a pattern in place of \
            `--write` prints entries: `./gradwire operators 'fft*'`. %d operators in %d families, %d names.

            | column | what it says |
            |---|---|
            | operator | its name, and other names that mean the same |
            | schema | every overload, as PyTorch writes it |
            | what | the formula. At kinks and ties the derivative is PyTorch's choice: the branch of the formula that holds there, \
            or what the line says |
            | dtypes | those of its tensors: %s. Exact for elementwise operators; others may refuse some of a kind, with \
            `DTYPE_UNSUPPORTED` and the argument's name |
            | meaning | `kernel`: one of libtorch's; `parts`: simpler operators, put in its place after differentiation; \
            `combination`: a name for others, put in its place while the graph is recorded; `view`: shares its operand's \
            storage; `built in`: the graph itself |
            | derivatives | the parameters that have gradients and tangents, of any order, and the name of the grad_fn. \
            `(zero)`: zero everywhere it exists; integers and bools never have one |
            | vmap | how a batch runs: by a `rule` of its own, as all `elementwise` operators, by its `parts`, as the \
            `transform` of the graph that it is, the `same` for all as it reads no tensor, or in a `loop` over the batch |
            | cases | how many of PyTorch's recorded [cases](conformance.md) call it in their forward pass, by name or as \
            a part of others |

            """.formatted(operators, families, names, dtypeWords());
    }

    /** What stands above the rows of a family. */
    private static String tableHead(String family) {
        return """

            ## %s

            | operator | schema | what | dtypes | meaning | derivatives | vmap | cases |
            |---|---|---|---|---|---|---|--:|
            """.formatted(family);
    }

    private static String dtypeWords() {
        return Arrays.stream(DType.Category.values())
                .map(category -> {
                    List<String> labels = Arrays.stream(DType.values())
                            .filter(dtype -> dtype.category() == category)
                            .map(DType::label)
                            .toList();
                    String word = Entry.word(category);
                    return code(word) + (labels.equals(List.of(word)) ? "" : " (" + String.join(", ", labels) + ")");
                })
                .collect(joining(", "));
    }

    /** Names in alphabetical order, with the first family that has an operator of the name. */
    private Map<String, String> index() {
        Map<String, String> index = new TreeMap<>();
        for (Entry entry : entries) {
            entry.names().forEach(name -> index.putIfAbsent(name, entry.family()));
        }
        return index;
    }

    /** Links by initial; names that begin with underscores stand with their first letter. */
    private static Map<String, List<String>> letters(Map<String, String> index) {
        return index.entrySet().stream()
                .collect(Collectors.groupingBy(
                        entry -> initial(entry.getKey()),
                        TreeMap::new,
                        Collectors.mapping(
                                entry -> "[%s](#%s)".formatted(escape(entry.getKey()), anchor(entry.getValue())),
                                Collectors.toUnmodifiableList())));
    }

    private static String initial(String name) {
        return name.replaceFirst("^_+", "").substring(0, 1).toUpperCase(Locale.ROOT);
    }

    private static String anchor(String heading) {
        return heading.toLowerCase(Locale.ROOT).replace(' ', '-');
    }

    private static String row(Entry entry) {
        String gradFns = codes(entry.gradFns(), "<br>");
        return Stream.of(
                        codes(entry.names(), "<br>"),
                        codes(entry.schemas(), "<br>"),
                        escape(entry.declaration().doc()),
                        String.join(", ", entry.dtypes()),
                        entry.meaning(),
                        String.join(", ", entry.derivatives()) + (gradFns.isEmpty() ? "" : "<br>" + gradFns),
                        entry.vmap(),
                        Integer.toString(entry.cases()))
                .collect(joining(" | ", "| ", " |\n"));
    }

    private static String codes(List<String> texts, String separator) {
        return texts.stream().map(Reference::code).collect(joining(separator));
    }

    private static String code(String text) {
        return "`" + text.replace("|", "\\|") + "`";
    }

    /** Text that Markdown shows as it is; an underscore within a word means nothing to it. */
    private static String escape(String text) {
        return text.replaceAll("[\\\\|*<`\\[]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])", "\\\\$0");
    }

    // Lines

    static String lines(Entry entry) {
        Declaration declaration = entry.declaration();
        Function<List<String>, String> list = items -> String.join(", ", items);
        StringBuilder lines = new StringBuilder(list.apply(entry.names()))
                .append("  [")
                .append(entry.family())
                .append("]\n");
        entry.schemas().forEach(schema -> line(lines, schema));
        if (!declaration.doc().isEmpty()) {
            line(lines, declaration.doc());
        }
        line(lines, "dtypes: " + list.apply(entry.dtypes()));
        line(lines, "meaning: " + entry.meaning() + "; vmap: " + entry.vmap() + "; cases: " + entry.cases());
        String gradFns = entry.gradFns().isEmpty() ? "" : "; grad_fn: " + list.apply(entry.gradFns());
        line(lines, "derivatives: " + list.apply(entry.derivatives()) + gradFns);
        return lines.toString();
    }

    private static void line(StringBuilder lines, String text) {
        lines.append("  ").append(text).append('\n');
    }
}
