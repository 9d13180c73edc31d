package dev.gradwire.client.generator;

import dev.gradwire.graph.Parameter;
import javax.lang.model.SourceVersion;

/** How names, types and texts of the catalogue read in Java. */
final class JavaNames {
    private JavaNames() {}

    /** {@code log_softmax} as {@code logSoftmax}. */
    static String camelCase(String name) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            boolean joint = c == '_' && i > 0 && i + 1 < name.length();
            text.append(joint ? Character.toUpperCase(name.charAt(++i)) : c);
        }
        return SourceVersion.isKeyword(text) ? text + "_" : text.toString();
    }

    static String variable(String name) {
        return camelCase(name);
    }

    /** @param single whether a list of fixed size is given as one number */
    static String type(Parameter parameter, boolean single) {
        boolean list = parameter.list() && !(single && parameter.listSize() > 0);
        String nullable = parameter.optional() ? "@Nullable " : "";
        return switch (parameter.type()) {
            case INT -> list ? array("long", parameter) : "long";
            case FLOAT -> list ? array("double", parameter) : "double";
            case BOOL -> list ? array("boolean", parameter) : "boolean";
            case TENSOR ->
                nullable + (list ? "List<" + (parameter.optionalItems() ? "@Nullable " : "") + "Tensor>" : "Tensor");
            case SCALAR -> nullable + (list ? "List<? extends Number>" : "Number");
            case STR -> nullable + "String";
            case DTYPE -> nullable + "DType";
            default -> throw new IllegalArgumentException("no Java type for " + parameter);
        };
    }

    /** A number, unlike an array, cannot be null: to say None in the middle there is the call by name. */
    private static String array(String element, Parameter parameter) {
        return parameter.optional() ? element + " @Nullable []" : element + "[]";
    }

    static String javadoc(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("@", "&#64;")
                .replace("*/", "*&#47;");
    }
}
