package dev.gradwire.tensor;

import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The element types, in PyTorch's names, with its promotion rules. */
public enum DType {
    FLOAT32("float32", 4, Category.FLOATING),
    FLOAT64("float64", 8, Category.FLOATING),
    FLOAT16("float16", 2, Category.FLOATING),
    BFLOAT16("bfloat16", 2, Category.FLOATING),
    INT8("int8", 1, Category.INTEGRAL),
    INT16("int16", 2, Category.INTEGRAL),
    INT32("int32", 4, Category.INTEGRAL),
    INT64("int64", 8, Category.INTEGRAL),
    UINT8("uint8", 1, Category.INTEGRAL),
    BOOL("bool", 1, Category.BOOL),
    COMPLEX64("complex64", 8, Category.COMPLEX),
    COMPLEX128("complex128", 16, Category.COMPLEX);

    /** Kinds of number, in the order in which promotion prefers them. */
    public enum Category {
        BOOL,
        INTEGRAL,
        FLOATING,
        COMPLEX
    }

    /** What PyTorch makes of a Python float where no tensor says otherwise. */
    public static final DType DEFAULT_FLOATING = FLOAT32;

    private static final Map<String, DType> BY_NAME =
            Stream.of(values()).collect(Collectors.toUnmodifiableMap(DType::label, Function.identity()));

    private final String label;
    private final int sizeInBytes;
    private final Category category;

    DType(String label, int sizeInBytes, Category category) {
        this.label = label;
        this.sizeInBytes = sizeInBytes;
        this.category = category;
    }

    /** PyTorch's name, e.g. {@code float32}. */
    public String label() {
        return label;
    }

    public int sizeInBytes() {
        return sizeInBytes;
    }

    public Category category() {
        return category;
    }

    public boolean isFloating() {
        return category == Category.FLOATING;
    }

    public boolean isComplex() {
        return category == Category.COMPLEX;
    }

    /** Whether derivatives exist for values of this type. */
    public boolean isDifferentiable() {
        return isFloating() || isComplex();
    }

    /** The type of the parts of a complex number; any other type as it is. */
    public DType toReal() {
        return switch (this) {
            case COMPLEX64 -> FLOAT32;
            case COMPLEX128 -> FLOAT64;
            default -> this;
        };
    }

    /** The complex type whose parts are of this floating type; float64 has complex128, the others complex64. */
    public DType toComplex() {
        return isComplex() ? this : this == FLOAT64 ? COMPLEX128 : COMPLEX64;
    }

    public static Optional<DType> named(String label) {
        return Optional.ofNullable(BY_NAME.get(label));
    }

    /** The type that holds values of both, as {@code torch.promote_types}. */
    public static DType promote(DType a, DType b) {
        if (a == b) {
            return a;
        }
        if (a.category != b.category) {
            return promoteAcross(a, b);
        }
        return switch (a.category) {
            case BOOL -> BOOL;
            case INTEGRAL -> promoteIntegral(a, b);
            case FLOATING -> promoteFloating(a, b);
            case COMPLEX -> COMPLEX128;
        };
    }

    private static DType promoteAcross(DType a, DType b) {
        DType high = a.category.compareTo(b.category) > 0 ? a : b;
        DType low = high == a ? b : a;
        return high == COMPLEX64 && low == FLOAT64 ? COMPLEX128 : high;
    }

    private static DType promoteIntegral(DType a, DType b) {
        if (a != UINT8 && b != UINT8) {
            return a.sizeInBytes > b.sizeInBytes ? a : b;
        }
        DType signed = a == UINT8 ? b : a;
        return signed == INT8 ? INT16 : signed;
    }

    private static DType promoteFloating(DType a, DType b) {
        if (a.sizeInBytes == b.sizeInBytes) {
            return FLOAT32;
        }
        return a.sizeInBytes > b.sizeInBytes ? a : b;
    }
}
