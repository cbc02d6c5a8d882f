"""`python -m keras_cnn_course` is `kcnn`."""

from keras_cnn_course.cli import main

if __name__ == "__main__":
    main()
