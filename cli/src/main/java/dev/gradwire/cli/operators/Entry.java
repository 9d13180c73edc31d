package dev.gradwire.cli.operators;

import dev.gradwire.op.Declaration;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.DType.Category;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * What the reference says about an operator.
 *
 * @param family the operators that it stands among
 * @param cases how many cases of the conformance data exercise it
 */
record Entry(String family, Declaration declaration, int cases) {
    private static final String ALL_OF_IT = "any order";

    /** Its name and other names. */
    List<String> names() {
        return Stream.concat(Stream.of(declaration.name()), declaration.aliases().stream())
                .toList();
    }

    List<String> schemas() {
        return declaration.overloads().stream()
                .map(overload -> overload.schema().toString())
                .toList();
    }

    /** {@code bool, int, float, complex}; single dtypes where not all of a kind are taken. */
    List<String> dtypes() {
        List<String> words = new ArrayList<>();
        for (Category category : Category.values()) {
            List<DType> all = Arrays.stream(DType.values())
                    .filter(dtype -> dtype.category() == category)
                    .toList();
            List<DType> taken = all.stream().filter(declaration::takes).toList();
            if (taken.equals(all)) {
                words.add(word(category));
            } else {
                taken.forEach(dtype -> words.add(dtype.label()));
            }
        }
        return words;
    }

    static String word(Category category) {
        return switch (category) {
            case BOOL -> "bool";
            case INTEGRAL -> "int";
            case FLOATING -> "float";
            case COMPLEX -> "complex";
        };
    }

    /** What the operator is made of. */
    String meaning() {
        boolean kernel = declaration.kernel().isPresent();
        boolean parts = declaration.decomposition().isPresent();
        String how;
        if (declaration.isComposite()) {
            how = "combination";
        } else if (kernel) {
            how = parts ? "kernel, parts" : "kernel";
        } else {
            how = parts ? "parts" : "built in";
        }
        return declaration.isView() ? "view" : how;
    }

    /** The parameters that have a derivative, of every kind and to any order; or one word that says it. */
    List<String> derivatives() {
        if (declaration.isComposite()) {
            return List.of("of its parts");
        }
        if (declaration.isTransform()) {
            return List.of(ALL_OF_IT);
        }
        List<String> parameters = new ArrayList<>();
        for (Declaration.Vjp vjp : declaration.vjps()) {
            vjp.parameters().forEach(parameter -> parameters.add(vjp.isZero() ? parameter + " (zero)" : parameter));
        }
        return parameters.isEmpty() ? List.of("none") : parameters;
    }

    List<String> gradFns() {
        return declaration.overloads().stream()
                .flatMap(overload -> overload.gradFn().stream())
                .distinct()
                .toList();
    }

    String vmap() {
        return declaration.batchKind().name().toLowerCase(Locale.ROOT);
    }
}
