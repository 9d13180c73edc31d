package dev.gradwire.graph;

import dev.gradwire.graph.Parameter.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Reads PyTorch's schema language. Schemas are ours, so a mistake is a programming error. */
final class SchemaParser {
    private static final Pattern SCHEMA = Pattern.compile("(\\w+)(?:\\.(\\w+))?\\((.*)\\) -> (.+)");
    private static final Pattern PARAMETER = Pattern.compile("(\\w+)(\\?)?(?:\\[(\\d*)](\\?)?)? (\\w+)(?:=(.+))?");

    private final String text;

    SchemaParser(String text) {
        this.text = text;
    }

    Schema parse() {
        Matcher schema = SCHEMA.matcher(text);
        if (!schema.matches()) {
            throw error(text);
        }
        List<Parameter> parameters = new ArrayList<>();
        boolean keywordOnly = false;
        for (String part : splitAtTopLevel(schema.group(3))) {
            if (part.equals("*")) {
                keywordOnly = true;
            } else {
                parameters.add(parameter(part, keywordOnly));
            }
        }
        String overload = schema.group(2) == null ? "" : schema.group(2);
        return new Schema(schema.group(1), overload, parameters, schema.group(4));
    }

    private Parameter parameter(String part, boolean keywordOnly) {
        Matcher matcher = PARAMETER.matcher(part);
        if (!matcher.matches()) {
            throw error(part);
        }
        Kind kind = Stream.of(Kind.values())
                .filter(candidate -> candidate.label().equals(matcher.group(1)))
                .findFirst()
                .orElseThrow(() -> error(part));
        boolean list = matcher.group(3) != null;
        int listSize = list && !matcher.group(3).isEmpty() ? Integer.parseInt(matcher.group(3)) : 0;
        boolean questionMark = matcher.group(2) != null;
        boolean optional = list ? matcher.group(4) != null : questionMark;
        Parameter bare = new Parameter(
                matcher.group(5), kind, list, listSize, optional, list && questionMark, keywordOnly, null);
        return withDefault(bare, matcher.group(6));
    }

    private static Parameter withDefault(Parameter bare, @Nullable String defaultText) {
        if (defaultText == null) {
            return bare;
        }
        Argument parsed = TextForm.parseArgument(defaultText);
        return new Parameter(
                bare.name(),
                bare.type(),
                bare.list(),
                bare.listSize(),
                bare.optional(),
                bare.optionalItems(),
                bare.keywordOnly(),
                bare.accept(parsed));
    }

    private static List<String> splitAtTopLevel(String list) {
        List<String> parts = new ArrayList<>();
        int depth = 0;
        int start = 0;
        for (int i = 0; i < list.length(); i++) {
            char c = list.charAt(i);
            depth += c == '[' || c == '(' ? 1 : c == ']' || c == ')' ? -1 : 0;
            if (c == ',' && depth == 0) {
                parts.add(list.substring(start, i).strip());
                start = i + 1;
            }
        }
        if (start < list.length()) {
            parts.add(list.substring(start).strip());
        }
        return parts;
    }

    private IllegalArgumentException error(String part) {
        return new IllegalArgumentException("not a schema: '" + part + "' in '" + text + "'");
    }
}
