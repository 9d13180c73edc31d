package dev.gradwire.graph;

import dev.gradwire.graph.Argument.Bool;
import dev.gradwire.graph.Argument.Complex;
import dev.gradwire.graph.Argument.Constant;
import dev.gradwire.graph.Argument.Dtype;
import dev.gradwire.graph.Argument.Float;
import dev.gradwire.graph.Argument.Int;
import dev.gradwire.graph.Argument.Items;
import dev.gradwire.graph.Argument.Text;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.Tensor;
import dev.gradwire.tensor.TensorType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads the text form, see {@link TextForm}. */
final class TextParser {
    private static final Pattern TOKEN = Pattern.compile("\\s*(?:#[^\\n]*\\n?\\s*)*"
            + "(-?inf\\b|-?\\d+(?:\\.\\d*)?(?:[eE][-+]?\\d+)?|[\\w~./]+(?::\\d+)?|\"[^\"]*\"|[^\\s\\w])");
    private static final Pattern INTEGER = Pattern.compile("-?\\d+");
    private static final Pattern NUMBER = Pattern.compile("-?inf|nan|-?\\d.*");

    private final List<String> tokens;
    private int next;

    private TextParser(List<String> tokens) {
        this.tokens = tokens;
    }

    TextParser(String text) {
        tokens = new ArrayList<>();
        Matcher matcher = TOKEN.matcher(text);
        int end = 0;
        while (matcher.find() && matcher.start() == end) {
            tokens.add(matcher.group(1));
            end = matcher.end();
        }
        if (!text.substring(end).replaceAll("#[^\\n]*", "").isBlank()) {
            throw error("cannot read '" + text.substring(end).strip() + "'");
        }
    }

    Recording recording(OperatorTable operators) {
        GraphBuilder builder = new GraphBuilder(operators);
        read(builder);
        return builder.recording();
    }

    void read(GraphBuilder builder) {
        while (peek("def") && !isStatementAt(next)) {
            function(builder.functions());
        }
        body(builder);
        if (next < tokens.size()) {
            throw error("nothing may follow the return statement");
        }
    }

    /** Statements up to and with {@code return}. */
    private void body(GraphBuilder builder) {
        while (next < tokens.size() && !peek("return")) {
            String name = take();
            if (accept(":")) {
                TensorType type = type();
                builder.input(name, type, accept("requires_grad"));
            } else {
                expect("=");
                node(builder, name, each -> value(builder, each));
            }
        }
        if (accept("return") && next < tokens.size() && !peek("def") && !isStatementAt(next)) {
            do {
                String name = take();
                builder.output(name, value(builder, name));
            } while (accept(","));
        }
    }

    private boolean isStatementAt(int index) {
        return index + 1 < tokens.size()
                && (tokens.get(index + 1).equals(":") || tokens.get(index + 1).equals("="));
    }

    /** The body is read again for each list of types that the function is used at. */
    private void function(Functions functions) {
        expect("def");
        String name = take();
        expect("(");
        List<Functions.Input> inputs = new ArrayList<>();
        while (!accept(")")) {
            String input = take();
            inputs.add(new Functions.Input(input, accept(":") ? type() : null));
            if (!peek(")")) {
                expect(",");
            }
        }
        expect(":");
        int start = next;
        while (next < tokens.size() && !accept("return")) {
            next++;
        }
        while (next < tokens.size() && !peek("def") && !isStatementAt(next) && !peek("return")) {
            next++;
        }
        List<String> statements = List.copyOf(tokens.subList(start, next));
        functions.define(name, new Functions.Definition() {
            @Override
            public List<Functions.Input> inputs() {
                return inputs;
            }

            @Override
            public void record(GraphBuilder body) {
                new TextParser(statements).body(body);
            }
        });
    }

    private static Value value(GraphBuilder builder, String name) {
        Value value = builder.lookup(name);
        if (value == null) {
            throw new GraphException(Reason.UNKNOWN_VALUE, "there is no value '" + name + "'");
        }
        return value;
    }

    private void node(GraphBuilder builder, String name, Function<String, Argument> values) {
        String op = take();
        expect("(");
        List<Argument> positional = new ArrayList<>();
        Map<String, Argument> keywords = new LinkedHashMap<>();
        while (!accept(")")) {
            if (next + 1 < tokens.size() && tokens.get(next + 1).equals("=")) {
                String keyword = take();
                expect("=");
                keywords.put(keyword, argument(values));
            } else {
                positional.add(argument(values));
            }
            if (!peek(")")) {
                expect(",");
            }
        }
        builder.record(name, op, positional, keywords);
    }

    Argument argument(Function<String, Argument> values) {
        String token = take();
        return switch (token) {
            case "[" -> items(values);
            case "None" -> Argument.NONE;
            case "True" -> new Bool(true);
            case "False" -> new Bool(false);
            case "tensor" -> new Constant(tensor());
            case "complex" -> complex();
            case "@" -> new Argument.Function(take());
            default -> word(token, values);
        };
    }

    private Argument word(String token, Function<String, Argument> values) {
        if (token.startsWith("\"")) {
            return new Text(token.substring(1, token.length() - 1));
        }
        if (token.startsWith("torch.")) {
            return new Dtype(dtype(token.substring("torch.".length())));
        }
        if (INTEGER.matcher(token).matches()) {
            return new Int(Long.parseLong(token));
        }
        return NUMBER.matcher(token).matches() ? new Float(number(token)) : values.apply(token);
    }

    private Items items(Function<String, Argument> values) {
        List<Argument> items = new ArrayList<>();
        while (!accept("]")) {
            items.add(argument(values));
            if (!peek("]")) {
                expect(",");
            }
        }
        return new Items(items);
    }

    private Complex complex() {
        expect("(");
        double real = number(take());
        expect(",");
        double imaginary = number(take());
        expect(")");
        return new Complex(real, imaginary);
    }

    private Tensor tensor() {
        expect("(");
        TensorType type = type();
        expect(",");
        expect("[");
        List<Double> elements = new ArrayList<>();
        while (!accept("]")) {
            if (type.dtype().isComplex()) {
                expect("complex");
                Complex element = complex();
                elements.add(element.real());
                elements.add(element.imaginary());
            } else {
                elements.add(number(take()));
            }
            accept(",");
        }
        expect(")");
        return Tensor.of(
                type.dtype(),
                type.shape(),
                elements.stream().mapToDouble(Double::doubleValue).toArray());
    }

    TensorType type() {
        DType dtype = dtype(take());
        expect("[");
        List<Long> dims = new ArrayList<>();
        while (!accept("]")) {
            dims.add(Long.parseLong(take()));
            accept(",");
        }
        return new TensorType(dtype, Shape.of(dims));
    }

    private static double number(String token) {
        return switch (token) {
            case "inf" -> Double.POSITIVE_INFINITY;
            case "-inf" -> Double.NEGATIVE_INFINITY;
            case "nan" -> Double.NaN;
            default -> Double.parseDouble(token);
        };
    }

    private static DType dtype(String label) {
        return DType.named(label).orElseThrow(() -> error("there is no dtype '" + label + "'"));
    }

    private boolean peek(String token) {
        return next < tokens.size() && tokens.get(next).equals(token);
    }

    private boolean accept(String token) {
        boolean found = peek(token);
        next += found ? 1 : 0;
        return found;
    }

    private void expect(String token) {
        if (!accept(token)) {
            String found = next < tokens.size() ? "'" + tokens.get(next) + "'" : "the end";
            throw error("expected '" + token + "', but found " + found);
        }
    }

    private String take() {
        if (next == tokens.size()) {
            throw error("the text ends too early");
        }
        return tokens.get(next++);
    }

    private static GraphException error(String detail) {
        return new GraphException(Reason.INVALID_ARGUMENT, "text form: " + detail);
    }
}
