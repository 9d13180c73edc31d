package dev.gradwire.kernel.torch;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * An ATen overload as PyTorch declares it, e.g. {@code mean.dim(Tensor self, int[1]? dim, bool keepdim=False, *,
 * ScalarType? dtype=None) -> Tensor}. Names of parameters, defaults and alias marks are not kept.
 *
 * @param name without overload: {@code mean}
 * @param overload {@code dim}, or empty
 */
record Schema(String name, String overload, List<Type> parameters, List<Type> returns) {
    Schema {
        parameters = List.copyOf(parameters);
        returns = List.copyOf(returns);
    }

    /** What a single value is, apart from lists and optionals. */
    enum Base {
        TENSOR,
        INT,
        FLOAT,
        BOOL,
        TEXT,
        DTYPE,
        SCALAR,
        DEVICE,
        /** Layout, memory format or generator: always left out of a call. */
        OMITTED
    }

    /**
     * @param list whether it is a list of {@code base}
     * @param size how many entries the list has, or 0 if that is open ({@code int[1]} takes any number, as PyTorch
     *     means it)
     * @param mayBeEmpty whether a list of a given size may be left empty instead
     * @param optionalElements whether entries of the list may be missing
     * @param optional whether the whole may be missing
     */
    record Type(Base base, boolean list, int size, boolean mayBeEmpty, boolean optionalElements, boolean optional) {
        Type required() {
            return new Type(base, list, size, mayBeEmpty, optionalElements, false);
        }

        @Override
        public String toString() {
            return base.name().toLowerCase(Locale.ROOT)
                    + (list && optionalElements ? "?" : "")
                    + (list ? "[" + (size == 0 ? "" : size) + "]" : "")
                    + (optional ? "?" : "");
        }
    }

    private static final Map<String, Base> BASES = Map.ofEntries(
            Map.entry("Tensor", Base.TENSOR),
            Map.entry("int", Base.INT),
            Map.entry("SymInt", Base.INT),
            Map.entry("float", Base.FLOAT),
            Map.entry("bool", Base.BOOL),
            Map.entry("str", Base.TEXT),
            Map.entry("ScalarType", Base.DTYPE),
            Map.entry("Scalar", Base.SCALAR),
            Map.entry("Device", Base.DEVICE),
            Map.entry("Layout", Base.OMITTED),
            Map.entry("MemoryFormat", Base.OMITTED),
            Map.entry("Generator", Base.OMITTED));

    /** {@code mean.dim} */
    String fullName() {
        return overload.isEmpty() ? name : name + "." + overload;
    }

    static Schema parse(String text) {
        int open = text.indexOf('(');
        int arrow = text.lastIndexOf(") -> ");
        if (open < 0 || arrow < open) {
            throw new IllegalArgumentException("not a schema: " + text);
        }
        String head = text.substring(0, open);
        int dot = head.indexOf('.');
        List<Type> parameters = new ArrayList<>();
        for (String part : split(text.substring(open + 1, arrow))) {
            if (!part.equals("*")) {
                parameters.add(parseType(part));
            }
        }
        String results = text.substring(arrow + 5);
        List<Type> returns = new ArrayList<>();
        if (results.startsWith("(")) {
            split(results.substring(1, results.length() - 1)).forEach(part -> returns.add(parseType(part)));
        } else {
            returns.add(parseType(results));
        }
        return new Schema(
                dot < 0 ? head : head.substring(0, dot), dot < 0 ? "" : head.substring(dot + 1), parameters, returns);
    }

    /** Splits at commas that stand in no brackets. */
    private static List<String> split(String list) {
        List<String> parts = new ArrayList<>();
        int depth = 0;
        int start = 0;
        for (int i = 0; i <= list.length(); i++) {
            char c = i < list.length() ? list.charAt(i) : ',';
            if (c == '(' || c == '[') {
                depth++;
            } else if (c == ')' || c == ']') {
                depth--;
            } else if (c == ',' && depth == 0) {
                if (i > start) {
                    parts.add(list.substring(start, i).strip());
                }
                start = i + 1;
            }
        }
        return parts;
    }

    /** Reads the type that begins a declaration such as {@code Tensor?[] indices} or {@code int[1]? dim=None}. */
    private static Type parseType(String declaration) {
        int end = 0;
        while (end < declaration.length() && Character.isLetter(declaration.charAt(end))) {
            end++;
        }
        Base base = BASES.get(declaration.substring(0, end));
        if (base == null) {
            throw new IllegalArgumentException("not a type: " + declaration);
        }
        boolean list = false;
        int size = 0;
        boolean optionalElements = false;
        boolean optional = false;
        for (int i = end; i < declaration.length() && declaration.charAt(i) != ' '; i++) {
            switch (declaration.charAt(i)) {
                case '(' -> i = declaration.indexOf(')', i);
                case '[' -> {
                    list = true;
                    optionalElements = optional;
                    optional = false;
                    int close = declaration.indexOf(']', i);
                    size = close == i + 1 ? 0 : Integer.parseInt(declaration.substring(i + 1, close));
                    i = close;
                }
                case '?' -> optional = true;
                default -> throw new IllegalArgumentException("not a type: " + declaration);
            }
        }
        return new Type(base, list, size == 1 ? 0 : size, declaration.endsWith("=[]"), optionalElements, optional);
    }
}
