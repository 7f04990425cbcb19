export { PROBLEM_MEDIA_TYPE } from '#libs/contracts';
