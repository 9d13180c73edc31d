package dev.gradwire.graph;

import static java.util.stream.Collectors.joining;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An operator's signature as PyTorch writes it: {@code logsumexp(Tensor self, int[1] dim, bool keepdim=False) ->
 * Tensor}.
 */
public final class Schema {
    private final String name;
    private final String overload;
    private final String key;
    private final List<Parameter> parameters;
    private final String returns;

    Schema(String name, String overload, List<Parameter> parameters, String returns) {
        this.name = name;
        this.overload = overload;
        this.key = overload.isEmpty() ? name : name + "." + overload;
        this.parameters = List.copyOf(parameters);
        this.returns = returns;
    }

    public static Schema parse(String text) {
        return new SchemaParser(text).parse();
    }

    /** The operator's name without overload: {@code add}. */
    public String name() {
        return name;
    }

    /** The overload's name, empty for the default one. */
    public String overload() {
        return overload;
    }

    /** Name and overload: {@code add.Tensor}, {@code mm}. */
    public String key() {
        return key;
    }

    public List<Parameter> parameters() {
        return parameters;
    }

    /** What stands behind the arrow. */
    public String returns() {
        return returns;
    }

    /** The place of a parameter, or −1. */
    public int indexOf(String parameter) {
        // Schemas are short: looking at each name is faster than hashing one.
        for (int i = 0; i < parameters.size(); i++) {
            if (parameters.get(i).name().equals(parameter)) {
                return i;
            }
        }
        return -1;
    }

    /** Whether {@link #bind} takes these arguments. */
    boolean takes(List<Argument> positional, Map<String, Argument> keywords) {
        int given = positional.size();
        if (given > parameters.size() || !keywords.isEmpty() && !takesKeywords(given, keywords)) {
            return false;
        }
        for (int i = 0; i < parameters.size(); i++) {
            Parameter parameter = parameters.get(i);
            boolean taken = i < given
                    ? !parameter.keywordOnly() && parameter.takes(positional.get(i))
                    : parameter.defaultValue() != null || keywords.containsKey(parameter.name());
            if (!taken) {
                return false;
            }
        }
        return true;
    }

    private boolean takesKeywords(int positional, Map<String, Argument> keywords) {
        for (Map.Entry<String, Argument> keyword : keywords.entrySet()) {
            int index = indexOf(keyword.getKey());
            if (index < positional || !parameters.get(index).takes(keyword.getValue())) {
                return false;
            }
        }
        return true;
    }

    /**
     * Puts arguments in the order of the parameters, with defaults for those left out.
     *
     * @throws GraphException when one is missing, unknown, given twice or of the wrong kind
     */
    public List<Argument> bind(List<Argument> positional, Map<String, Argument> keywords) {
        @Nullable Argument[] bound = new @Nullable Argument[parameters.size()];
        bindPositional(positional, bound);
        keywords.forEach((keyword, argument) -> bindKeyword(keyword, argument, bound));
        List<Argument> complete = new ArrayList<>(bound.length);
        for (int i = 0; i < bound.length; i++) {
            Argument argument = bound[i];
            complete.add(argument != null ? argument : defaultOf(parameters.get(i)));
        }
        return complete;
    }

    private void bindPositional(List<Argument> positional, @Nullable Argument[] bound) {
        for (int i = 0; i < positional.size(); i++) {
            if (i == parameters.size() || parameters.get(i).keywordOnly()) {
                throw new GraphException(
                        Reason.UNKNOWN_ARGUMENT, positional.size() + " positional arguments are too many for " + this);
            }
            bound[i] = parameters.get(i).accept(positional.get(i));
        }
    }

    private void bindKeyword(String keyword, Argument argument, @Nullable Argument[] bound) {
        int index = indexOf(keyword);
        if (index < 0) {
            throw GraphException.argument(Reason.UNKNOWN_ARGUMENT, keyword, "is not a parameter of " + this);
        }
        if (bound[index] != null) {
            throw GraphException.argument(Reason.INVALID_ARGUMENT, keyword, "is given twice");
        }
        bound[index] = parameters.get(index).accept(argument);
    }

    private Argument defaultOf(Parameter parameter) {
        Argument value = parameter.defaultValue();
        if (value == null) {
            throw GraphException.argument(Reason.MISSING_ARGUMENT, parameter.name(), "is missing for " + this);
        }
        return value;
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(key()).append('(');
        boolean keywords = false;
        for (int i = 0; i < parameters.size(); i++) {
            text.append(i == 0 ? "" : ", ");
            if (parameters.get(i).keywordOnly() && !keywords) {
                keywords = true;
                text.append("*, ");
            }
            text.append(parameters.get(i));
        }
        return text.append(") -> ").append(returns).toString();
    }

    /** For messages that offer a choice. */
    static String list(List<? extends Operator> operators) {
        return operators.stream().map(op -> op.schema().toString()).collect(joining("; "));
    }
}
