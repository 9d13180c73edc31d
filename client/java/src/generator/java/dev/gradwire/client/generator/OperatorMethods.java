package dev.gradwire.client.generator;

import static java.util.stream.Collectors.joining;

import dev.gradwire.client.generator.Generator.Operator;
import dev.gradwire.graph.Parameter;
import dev.gradwire.graph.Parameter.Kind;
import dev.gradwire.graph.Schema;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The Java methods of one overload. Arguments with defaults may be left out from the right; those behind the {@code *}
 * also where positional ones are left out.
 */
final class OperatorMethods {
    /** Kinds of argument that mean nothing to a client, and so keep their defaults. */
    private static final Predicate<Parameter> OMITTED = parameter -> switch (parameter.type()) {
        case LAYOUT, DEVICE, MEMORY_FORMAT, GENERATOR -> true;
        default -> parameter.name().equals("pin_memory");
    };

    private final Operator operator;
    private final Schema schema;
    /** What is called: as on the server, the first overload that takes the arguments. */
    private final Schema called;

    private final List<Parameter> parameters;

    /** @param index of the overload, in the operator's order */
    OperatorMethods(Operator operator, int index) {
        List<Schema> schemas = operator.overloads().stream()
                .map(overload -> Schema.parse(overload.schema()))
                .toList();
        this.operator = operator;
        this.schema = schemas.get(index);
        this.called =
                schemas.stream().filter(each -> takes(each, schema)).findFirst().orElseThrow();
        this.parameters = schema.parameters().stream().filter(OMITTED.negate()).toList();
    }

    /**
     * Whether all arguments of the one overload suit the other: a number may stand for a tensor. The number of a draw is
     * the client's to give.
     */
    private static boolean takes(Schema schema, Schema other) {
        return countWithoutGenerator(schema) == countWithoutGenerator(other)
                && other.parameters().stream().allMatch(parameter -> {
                    int index = schema.indexOf(parameter.name());
                    return index >= 0 && takes(schema.parameters().get(index), parameter);
                });
    }

    private static long countWithoutGenerator(Schema schema) {
        return schema.parameters().stream()
                .filter(parameter -> parameter.type() != Kind.GENERATOR)
                .count();
    }

    private static boolean takes(Parameter parameter, Parameter other) {
        boolean numberForTensor =
                parameter.isTensor() && other.type() == Kind.SCALAR && !parameter.list() && !other.list();
        return numberForTensor || parameter.typeText().equals(other.typeText());
    }

    boolean hasSelf() {
        return parameters.stream().anyMatch(OperatorMethods::isSelf);
    }

    boolean startsWithSelf() {
        return !parameters.isEmpty() && isSelf(parameters.getFirst());
    }

    private static boolean isSelf(Parameter parameter) {
        return parameter.name().equals("self") && parameter.type() == Kind.TENSOR && !parameter.list();
    }

    /**
     * Methods of the given name.
     *
     * @param signatures those that the class has already; what an earlier overload has taken is left out
     */
    List<String> methods(String name, boolean onSelf, Set<String> signatures) {
        if (parameters.stream().anyMatch(each -> each.type() == Kind.DATA || each.type() == Kind.FUNCTION)) {
            return List.of();
        }
        List<Parameter> positional = parameters.stream()
                .filter(parameter -> !parameter.keywordOnly())
                .toList();
        List<Parameter> keywords =
                parameters.stream().filter(Parameter::keywordOnly).toList();
        List<String> methods = new ArrayList<>();
        for (int keywordCount : counts(keywords)) {
            for (int count : counts(positional)) {
                List<Parameter> chosen = Stream.concat(
                                positional.stream().limit(count),
                                keywords.stream().limit(keywordCount))
                        .toList();
                for (boolean single : new boolean[] {false, true}) {
                    Method method = new Method(name, onSelf, chosen, single);
                    if (signatures.add(method.signature())) {
                        methods.add(method.text());
                    }
                }
            }
        }
        return methods;
    }

    /** How many of the parameters may be given: from those without default, that is, to all. */
    private static int[] counts(List<Parameter> parameters) {
        int required = IntStream.range(0, parameters.size())
                .filter(i -> parameters.get(i).defaultValue() == null)
                .map(i -> i + 1)
                .max()
                .orElse(0);
        return IntStream.rangeClosed(required, parameters.size()).toArray();
    }

    /**
     * One method.
     *
     * @param single whether lists of fixed size are given as one number that stands for all entries
     */
    private final class Method {
        private final String name;
        private final List<Parameter> chosen;
        private final List<Parameter> given;
        private final boolean single;

        Method(String name, boolean onSelf, List<Parameter> chosen, boolean single) {
            this.name = JavaNames.camelCase(name);
            this.chosen = chosen;
            this.given = chosen.stream()
                    .filter(parameter -> !(onSelf && isSelf(parameter)))
                    .toList();
            this.single = single;
        }

        String signature() {
            return name + given.stream().map(this::erasedType).collect(joining(", ", "(", ")"));
        }

        private String erasedType(Parameter parameter) {
            return JavaNames.type(parameter, single).replace(" @Nullable ", "").replaceAll("<.*>|@Nullable ", "");
        }

        String text() {
            return """
                        /**
                         * %s.
                         *
                         * <p>{@code %s}
                         */%s
                        public %s %s(%s) {
                            return %s;
                        }
                    """.formatted(
                            JavaNames.javadoc(operator.doc()),
                            schema,
                            signature().equals("clone()") ? "\n    @Override" : "",
                            result().type(),
                            name,
                            declaration(),
                            "call(" + arguments() + ")" + keywords() + result().call());
        }

        private String declaration() {
            return IntStream.range(0, given.size())
                    .mapToObj(i -> declared(given.get(i), i == given.size() - 1))
                    .collect(joining(", "));
        }

        private String declared(Parameter parameter, boolean last) {
            String type = JavaNames.type(parameter, single);
            String spread = last && type.equals("long[]") ? "long..." : type;
            return spread + " " + JavaNames.variable(parameter.name());
        }

        private String arguments() {
            Stream<String> values = chosen.stream()
                    .filter(parameter -> !isKeyword(parameter))
                    .map(parameter -> given.contains(parameter) ? JavaNames.variable(parameter.name()) : "this");
            return Stream.concat(Stream.of('"' + called.key() + '"'), values).collect(joining(", "));
        }

        private boolean isKeyword(Parameter parameter) {
            return called.parameters().get(called.indexOf(parameter.name())).keywordOnly();
        }

        private String keywords() {
            String with = given.stream()
                    .filter(this::isKeyword)
                    .map(each -> ".with(\"" + each.name() + "\", " + JavaNames.variable(each.name()) + ")")
                    .collect(joining());
            boolean draws = called.parameters().stream().anyMatch(parameter -> parameter.type() == Kind.GENERATOR);
            String numbered = draws ? with + ".drawing()" : with;
            return operator.differentiable() ? numbered : numbered + ".constant()";
        }
    }

    /** What a method returns, and the end of the expression that makes it. */
    private record Result(String type, String call) {}

    private Result result() {
        String returns = schema.returns();
        if (returns.equals("Tensor")) {
            return new Result("Tensor", ".tensor()");
        }
        if (returns.equals("Tensor[]")) {
            return new Result("Results", ".results()");
        }
        String[] parts = returns.substring(1, returns.length() - 1).split(", ");
        String names = IntStream.range(0, parts.length)
                .mapToObj(i -> parts[i].contains(" ") ? parts[i].substring(parts[i].indexOf(' ') + 1) : "" + i)
                .map(each -> '"' + each + '"')
                .collect(joining(", "));
        return new Result("Results", ".results(" + names + ")");
    }
}
